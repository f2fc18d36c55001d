import { link, lstat, rename, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errnoOf, unless } from './disk-errors.ts';
import { findObject } from './find-object.ts';
import type { Layout } from './layout.ts';
import { sweepMetadata } from './metadata-file.ts';
import { syncFolder } from './sync.ts';
import { openTemp } from './temp-file.ts';
import { expectVersion, versionOf } from './version.ts';

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

/**
 * Removes the object if it is the version of this ETag; throws `Conflict` if it is another. What has the name is taken
 * from it before it is looked at once more: between a look and an `unlink` somebody might put a newer one there. Such a
 * one gets its name back, unless a still newer one has it.
 */
export async function deleteVersionOf(layout: Layout, key: string, etag: string): Promise<void> {
  for (;;) {
    const found = await findObject(layout, key);
    if (found === undefined) break;
    expectVersion(key, found.file, { etag });
    // A file that is there already: a folder, which may have taken the name since, does not go in its place.
    await using taken = await openTemp(layout);
    const moved = await unless(
      rename(found.path, taken.path).then(() => true),
      'ENOENT',
      'ENOTDIR',
    );
    if (moved === undefined) continue;
    const file = await lstat(taken.path, { bigint: true });
    if (versionOf(file).etag !== etag) await unless(link(taken.path, found.path), 'EEXIST');
    await syncFolder(dirname(found.path));
    expectVersion(key, file, { etag });
    break;
  }
  await sweepMetadata(layout, key);
}
