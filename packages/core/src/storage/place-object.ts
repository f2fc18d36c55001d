import { link, lstat, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../errors.ts';
import { errnoOf, unless } from './disk-errors.ts';
import { makeFolder } from './folders.ts';
import type { Layout } from './layout.ts';
import { recordLongNames } from './long-names.ts';
import { nameOf, OWN_OBJECT } from './segment-name.ts';

/**
 * Gives the file at `temp` the name of the object `key`, in one step, and returns the folder that holds the name.
 * With `ifAbsent`, throws `Conflict` if the name is taken: a hard link, unlike a rename, never replaces.
 */
export async function placeObject(layout: Layout, temp: string, key: string, ifAbsent: boolean): Promise<string> {
  const segments = key.split('/');
  await recordLongNames(layout, segments);
  const leaf = nameOf(segments.pop() ?? '');
  const move = ifAbsent ? link : rename;
  for (;;) {
    const folder = await makeFolder(layout, segments);
    const plain = join(folder, leaf);
    try {
      await move(temp, plain);
      return folder;
    } catch (error) {
      if (!['EISDIR', 'EEXIST'].includes(errnoOf(error) ?? '')) throw error;
    }
    const taken = await unless(lstat(plain), 'ENOENT');
    if (taken !== undefined && !taken.isDirectory()) throw conflict(key);
    if (taken === undefined) continue;
    try {
      await move(temp, join(plain, OWN_OBJECT));
      return plain;
    } catch (error) {
      throw errnoOf(error) === 'EEXIST' ? conflict(key) : error;
    }
  }
}

export function conflict(key: string): AppError {
  return new AppError('Conflict', `there is an object ${JSON.stringify(key)} already`, { key });
}
