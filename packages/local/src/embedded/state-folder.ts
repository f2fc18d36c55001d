import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  chmod,
  chown,
  lstat,
  mkdir,
  readdir,
  readFile,
  realpath,
  rename,
  rmdir,
  stat,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { AppError } from '@datasens/core/errors.ts';
import { isMissing } from './error-code.ts';
import { type ServerUser, serverUser } from './server-user.ts';

const POINTER = 'postgres-folder';

/** Where the databases of a home are, or would be: in it, or in the folder that a small file in it names. */
export async function locateStateFolder(home: string): Promise<string> {
  try {
    return (await readFile(join(home, POINTER), 'utf8')).trim();
  } catch (error) {
    if (isMissing(error)) return join(home, 'postgres');
    throw error;
  }
}

/**
 * Creates the folder where needed, for the server's user alone. Where root's home lies in a folder that this user
 * may not enter, the folder is created under `systemState` instead. Throws `ConfigError` if neither will do.
 */
export async function prepareStateFolder(
  home: string,
  systemState: string,
  signal: AbortSignal,
): Promise<{ folder: string; user: ServerUser }> {
  const located = await locateStateFolder(home);
  const user = await serverUser(await ownerOf(located), signal);
  await giveTo(user, located);
  if (await mayEnter(user, located)) return { folder: located, user };

  await rmdir(located).catch((cause: unknown) => {
    throw new AppError('ConfigError', `the user ${user.name}, who runs PostgreSQL, may no longer enter ${located}`, {
      cause,
    });
  });
  const elsewhere = join(
    systemState,
    createHash('sha256')
      .update(await realpath(home))
      .digest('hex')
      .slice(0, 16),
  );
  await mkdir(systemState, { recursive: true });
  await chmod(systemState, 0o755);
  await giveTo(user, elsewhere);
  if (!(await mayEnter(user, elsewhere))) {
    throw new AppError(
      'ConfigError',
      `the user ${user.name}, who runs PostgreSQL, may enter neither ${home} nor ${elsewhere}`,
    );
  }
  // Before any data are there: data that no home points at would be lost to sight.
  await writePointer(home, elsewhere);
  return { folder: elsewhere, user };
}

async function ownerOf(folder: string): Promise<number | undefined> {
  return (await stat(folder).catch(() => undefined))?.uid;
}

/** As root in somebody else's home, only what is plainly ours changes hands: never what a link there leads to. */
async function giveTo(user: ServerUser, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const found = await lstat(folder);
  if (found.isDirectory() && found.uid === user.uid) return;
  const created = found.isDirectory() && user.spawnAs.uid !== undefined && (await readdir(folder)).length === 0;
  if (!created) throw new AppError('ConfigError', `${folder} must be a folder that belongs to the user ${user.name}`);
  await chown(folder, user.uid, user.gid);
}

/** Only a process of that user can tell: the parents' modes are not all that decides. */
async function mayEnter(user: ServerUser, folder: string): Promise<boolean> {
  if (user.spawnAs.uid === undefined) return true;
  try {
    await promisify(execFile)('/bin/sh', ['-c', 'cd "$1" && test -w .', 'sh', folder], { ...user.spawnAs, cwd: '/' });
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && typeof error.code === 'number') return false;
    throw error;
  }
}

async function writePointer(home: string, folder: string): Promise<void> {
  const fresh = join(home, `${POINTER}.${randomBytes(4).toString('hex')}`);
  await writeFile(fresh, `${folder}\n`);
  await rename(fresh, join(home, POINTER));
}
