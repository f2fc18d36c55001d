import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { unless } from './disk-errors.ts';
import type { Layout } from './layout.ts';

/** Puts the entries of one folder on disk: names that were created, replaced or removed in it. */
export async function syncFolder(path: string): Promise<void> {
  await using folder = await open(path, 'r');
  // Network file systems that write names through refuse the call.
  await unless(folder.sync(), 'EINVAL');
}

/**
 * Puts on disk the entries of `path` and that every folder above it, up to the root, is there at all. Another process
 * may have created those and not synced them yet, so that finding them proves nothing; a store never removes a
 * folder of keys, so once in its life is enough.
 */
export async function syncPath(layout: Layout, path: string): Promise<void> {
  await syncFolder(path);
  for (let folder = path; folder !== layout.root && !layout.synced.has(folder); folder = dirname(folder)) {
    await syncFolder(dirname(folder));
    layout.synced.add(folder);
  }
}
