import { userInfo } from 'node:os';

/** The system user: who acts, where nobody says otherwise. */
export function currentUser(): string {
  try {
    return userInfo().username;
  } catch {
    // A container's user may have no name.
    return `uid ${process.getuid?.() ?? '?'}`;
  }
}
