import { execFile } from 'node:child_process';
import { userInfo } from 'node:os';
import { promisify } from 'node:util';
import { AppError } from '@datasens/core/errors.ts';

const run = promisify(execFile);

/** The operating-system user that the server runs under. PostgreSQL refuses to run as root. */
export interface ServerUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  /** For child_process's options: empty where this process already is that user. */
  readonly spawnAs: { readonly uid?: number; readonly gid?: number };
}

/**
 * This process's own user. As root: the user whose id is `ownerUid`, if that is not root; else `postgres` where
 * it exists; else `datasens`, which is created. Throws `ConfigError` where there is no such user to be had.
 */
export async function serverUser(ownerUid = 0, signal?: AbortSignal): Promise<ServerUser> {
  const { uid, gid } = ownIds();
  if (uid !== 0) return { name: ownName(), uid, gid, spawnAs: {} };
  for (const candidate of [...(ownerUid === 0 ? [] : [String(ownerUid)]), 'postgres', 'datasens']) {
    const found = await lookUp(candidate, signal);
    if (found) return found;
  }
  return createSystemUser('datasens', signal);
}

function ownIds(): { uid: number; gid: number } {
  if (process.getuid && process.getgid) return { uid: process.getuid(), gid: process.getgid() };
  throw new AppError(
    'ConfigError',
    'the embedded PostgreSQL needs Linux or macOS: on Windows set DATABASE_URL to a server of your own',
  );
}

function ownName(): string {
  try {
    return userInfo().username;
  } catch (cause) {
    throw new AppError(
      'ConfigError',
      'PostgreSQL refuses to run under a user id without an entry in /etc/passwd: add one, or set DATABASE_URL',
      { cause },
    );
  }
}

/** `nameOrId` as `id` takes it. Undefined if there is no such user. */
async function lookUp(nameOrId: string, signal?: AbortSignal): Promise<ServerUser | undefined> {
  const ask = async (option: string) => (await run('id', [option, nameOrId], { signal })).stdout.trim();
  try {
    const [name, uid, gid] = [await ask('-nu'), Number(await ask('-u')), Number(await ask('-g'))];
    return { name, uid, gid, spawnAs: { uid, gid } };
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof Error && 'code' in error && error.code === 1) return undefined;
    throw error;
  }
}

async function createSystemUser(name: string, signal?: AbortSignal): Promise<ServerUser> {
  const options = ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin'];
  const refusal: unknown = await run('useradd', [...options, name], { signal }).then(
    () => undefined,
    (error: unknown) => error,
  );
  // Looked up whatever useradd said: another command may have created the user at the same moment.
  const created = await lookUp(name, signal);
  if (created) return created;
  throw new AppError(
    'ConfigError',
    'PostgreSQL refuses to run as root, and no unprivileged user could be created for it: run as an ordinary user, create a system user named postgres, or set DATABASE_URL',
    { cause: refusal },
  );
}
