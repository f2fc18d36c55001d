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
 * This process's own user; as root an unprivileged one: `postgres` where it exists, else `datasens`, which is
 * created. Throws `ConfigError` where there is no such user to be had.
 */
export async function serverUser(signal?: AbortSignal): Promise<ServerUser> {
  const { uid, gid } = ownIds();
  if (uid !== 0) return { name: ownName(), uid, gid, spawnAs: {} };
  const found = (await lookUp('postgres', signal)) ?? (await lookUp('datasens', signal));
  if (found) return found;
  const refusal = await createSystemUser('datasens', signal);
  const created = await lookUp('datasens', signal);
  if (created) return created;
  throw new AppError(
    'ConfigError',
    'PostgreSQL refuses to run as root, and no unprivileged user could be created for it: run as an ordinary user, create a user named postgres, or set DATABASE_URL',
    { cause: refusal },
  );
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

async function lookUp(name: string, signal?: AbortSignal): Promise<ServerUser | undefined> {
  try {
    const uid = Number((await run('id', ['-u', name], { signal })).stdout);
    const gid = Number((await run('id', ['-g', name], { signal })).stdout);
    return { name, uid, gid, spawnAs: { uid, gid } };
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof Error && 'code' in error && error.code === 1) return undefined;
    throw error;
  }
}

/** Returns why it failed, if it did: another command may have created the user at the same moment. */
async function createSystemUser(name: string, signal?: AbortSignal): Promise<unknown> {
  try {
    await run('useradd', ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin', name], {
      signal,
    });
    return undefined;
  } catch (error) {
    signal?.throwIfAborted();
    return error;
  }
}
