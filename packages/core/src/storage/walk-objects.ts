import { join } from 'node:path';
import type { BlobInfo } from './blob-store.ts';
import { compareBytes } from './byte-order.ts';
import { findFile } from './find-object.ts';
import { findFolder } from './folders.ts';
import type { Layout } from './layout.ts';
import { type Item, scanFolder } from './scan-folder.ts';
import { OWN_OBJECT } from './segment-name.ts';
import { infoOf, versionOf } from './version.ts';

interface Bounds {
  readonly prefix: string;
  readonly after: string;
  readonly signal: AbortSignal | undefined;
}

/**
 * The objects whose keys start with `prefix` and come after `after`, in byte order. Starts in the deepest folder that
 * the prefix names, and enters no folder whose keys all lie outside.
 */
export async function* walkObjects(layout: Layout, bounds: Bounds): AsyncGenerator<BlobInfo, void, undefined> {
  const key = bounds.prefix.slice(0, bounds.prefix.lastIndexOf('/') + 1);
  const path = await findFolder(layout, key.split('/').slice(0, -1));
  if (path !== undefined) yield* walkFolder(layout, path, key, bounds);
}

async function* walkFolder(
  layout: Layout,
  path: string,
  key: string,
  bounds: Bounds,
): AsyncGenerator<BlobInfo, void, undefined> {
  for await (const item of scanFolder(layout, path, key, (candidate) => isWithin(candidate, bounds))) {
    bounds.signal?.throwIfAborted();
    const itemPath = join(path, item.name);
    if (item.kind === 'folder') {
      yield* walkFolder(layout, itemPath, item.sort, bounds);
      continue;
    }
    const found = await findFile(item.kind === 'own' ? join(itemPath, OWN_OBJECT) : itemPath);
    if (found !== undefined) yield infoOf(item.sort, versionOf(found.file));
  }
}

function isWithin({ kind, sort }: Item, { prefix, after }: Bounds): boolean {
  if (kind !== 'folder') return sort.startsWith(prefix) && compareBytes(sort, after) > 0;
  return (
    (sort.startsWith(prefix) || prefix.startsWith(sort)) && (after.startsWith(sort) || compareBytes(sort, after) > 0)
  );
}
