import { lstat, mkdir, realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import { AppError } from '../errors.ts';
import { errnoOf, unless } from './disk-errors.ts';

/** Whether `path`, below a real root, is a folder and no part of it a symbolic link. */
export async function isRealFolder(path: string): Promise<boolean> {
  try {
    // A trailing slash makes the kernel refuse what is no folder.
    return (await realpath(`${path}/`)) === path;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ELOOP'].includes(errnoOf(error) ?? '')) return false;
    throw error;
  }
}

/** Creates a folder unless something has that name, and says what has it. A link there is `NotAllowed`. */
export async function claimFolder(path: string): Promise<'folder' | 'file' | 'nothing'> {
  await unless(mkdir(path, { mode: 0o700 }), 'EEXIST');
  const found = await unless(lstat(path), 'ENOENT');
  if (found === undefined) return 'nothing';
  if (found.isDirectory()) return 'folder';
  if (found.isFile()) return 'file';
  throw new AppError('NotAllowed', `${path} is a symbolic link or a device: a store writes only below its own folder`);
}

/** Creates one of the folders in the store's private folder, given by its path. */
export async function makeOwnFolder(path: string): Promise<void> {
  if (await isRealFolder(path)) return;
  for (const folder of [dirname(path), path]) {
    if ((await claimFolder(folder)) === 'folder') continue;
    throw new AppError('ConfigError', `${folder} belongs to the store and is not a folder: remove it`);
  }
}
