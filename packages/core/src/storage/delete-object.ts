import { unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errnoOf } from './disk-errors.ts';
import { findObject } from './find-object.ts';
import type { Layout } from './layout.ts';
import { sweepMetadata } from './metadata-file.ts';
import { syncFolder } from './sync.ts';

/** Removes the object, then its metadata: a crash in between leaves metadata of no version, which readers ignore. */
export async function deleteObject(layout: Layout, key: string): Promise<void> {
  for (;;) {
    const found = await findObject(layout, key);
    if (found === undefined) break;
    try {
      await unlink(found.path);
      await syncFolder(dirname(found.path));
      break;
    } catch (error) {
      // Somebody else removed it, or a folder has taken the name since.
      if (!['ENOENT', 'EISDIR', 'EPERM'].includes(errnoOf(error) ?? '')) throw error;
      const again = await findObject(layout, key);
      if (again?.path === found.path && errnoOf(error) !== 'ENOENT') throw error;
    }
  }
  await sweepMetadata(layout, key);
}
