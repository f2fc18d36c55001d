import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where on this machine the embedded server keeps what does not belong into a home. */
export interface SystemFolders {
  /** Databases of homes that the server's user may not enter. Used by root alone. */
  readonly state: string;
  /** Servers that were fetched. The server's user must be able to execute what is in it. */
  readonly cache: string;
}

export function systemFolders(env: NodeJS.ProcessEnv = process.env): SystemFolders {
  const state = '/var/lib/datasens';
  if (process.getuid?.() === 0) return { state, cache: '/var/cache/datasens' };
  return { state, cache: join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'datasens') };
}
