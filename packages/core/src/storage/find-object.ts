import { type BigIntStats, constants } from 'node:fs';
import { type FileHandle, lstat, open } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../errors.ts';
import { unless } from './disk-errors.ts';
import { findFolder } from './folders.ts';
import type { Layout } from './layout.ts';
import { nameOf, OWN_OBJECT } from './segment-name.ts';

export interface FoundObject {
  readonly path: string;
  readonly file: BigIntStats;
}

/** Where the object is at this moment, or undefined. Symbolic links, devices and the like are no objects. */
export async function findObject(layout: Layout, key: string): Promise<FoundObject | undefined> {
  const segments = key.split('/');
  const leaf = nameOf(segments.pop() ?? '');
  const folder = await findFolder(layout, segments);
  if (folder === undefined) return undefined;
  const plain = join(folder, leaf);
  const file = await unless(lstat(plain, { bigint: true }), 'ENOENT');
  return file?.isDirectory() ? findFile(join(plain, OWN_OBJECT)) : file?.isFile() ? { path: plain, file } : undefined;
}

/** The regular file at `path`, if it is one. */
export async function findFile(path: string): Promise<FoundObject | undefined> {
  const file = await unless(lstat(path, { bigint: true }), 'ENOENT', 'ENOTDIR');
  return file?.isFile() ? { path, file } : undefined;
}

/** Opens the object for reading: one version, whatever is written meanwhile. `NotFound` if there is none. */
export async function openObject(layout: Layout, key: string): Promise<{ handle: FileHandle; file: BigIntStats }> {
  for (;;) {
    const found = await findObject(layout, key);
    if (found === undefined) throw notFound(key);
    // Something else may have the name by now: a link is refused, a pipe does not block.
    const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
    const handle = await unless(open(found.path, flags), 'ENOENT', 'ENOTDIR', 'ELOOP');
    if (handle === undefined) continue;
    const file = await handle.stat({ bigint: true });
    if (file.isFile()) return { handle, file };
    await handle.close();
  }
}

export function notFound(key: string): AppError {
  return new AppError('NotFound', `there is no object ${JSON.stringify(key)}`, { key });
}
