import { createHash } from 'node:crypto';
import { link, lstat, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf, unless } from './disk-errors.ts';
import type { Layout } from './layout.ts';
import { makeOwnFolder } from './real-folder.ts';
import { syncPath } from './sync.ts';
import { openTemp } from './temp-file.ts';

/** Whether the store has any folder beside an object: one look that almost always says no. */
export async function mayBeBeside(layout: Layout): Promise<boolean> {
  return (await unless(lstat(layout.beside), 'ENOENT')) !== undefined;
}

/** Whether the folder of the keys below these segments stands beside an object: whether its marker exists. */
export async function isBeside(layout: Layout, segments: readonly string[]): Promise<boolean> {
  return (await unless(lstat(markerPath(layout, segments)), 'ENOENT')) !== undefined;
}

/** Makes the marker if `plain` is a file at that very moment; does nothing if it is not, or the marker is there. */
export async function markBeside(layout: Layout, plain: string, segments: readonly string[]): Promise<void> {
  await makeOwnFolder(layout.beside);
  try {
    await link(plain, markerPath(layout, segments));
  } catch (error) {
    const code = errnoOf(error) ?? '';
    if (code === 'EEXIST' || code === 'ENOENT') return;
    // EPERM means a folder; while it is still a file, that this user may not link it.
    if (code !== 'EPERM' || (await unless(lstat(plain), 'ENOENT'))?.isFile()) throw error;
  }
}

/**
 * Puts the marker on disk, and an empty file in its place: the link carries the object's bytes, which must not outlive
 * the object. Every writer calls it, since the one that made the marker may have died at once.
 */
export async function settleMarker(layout: Layout, segments: readonly string[]): Promise<void> {
  const marker = markerPath(layout, segments);
  if ((await lstat(marker)).size > 0) {
    await using temp = await openTemp(layout);
    await rename(temp.path, marker);
  }
  await syncPath(layout, layout.beside);
}

function markerPath(layout: Layout, segments: readonly string[]): string {
  return join(layout.beside, createHash('sha256').update(segments.join('/')).digest('hex'));
}
