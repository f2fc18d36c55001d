import { mkdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf } from './disk-errors.ts';
import { PRIVATE_FOLDER } from './segment-name.ts';

/** Where a file store keeps what. All paths are real: none of their parts is a symbolic link. */
export interface Layout {
  readonly root: string;
  /** Files that are being written. */
  readonly temp: string;
  /** Metadata: `<SHA-256 of the key>/<version>`. */
  readonly metadata: string;
  /** The text of segments whose names are hashes. */
  readonly names: string;
  /** Folders that stand beside an object: see folders.ts. */
  readonly beside: string;
  /** Folders whose own entries are known to be on disk: see sync.ts. */
  readonly synced: Set<string>;
}

/** The layout of the store in `root`, or undefined where there is no such folder yet. */
export async function findLayout(root: string): Promise<Layout | undefined> {
  try {
    return layoutOf(await realpath(root));
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Like `findLayout`, but creates the folder, for this user alone. */
export async function makeLayout(root: string): Promise<Layout> {
  await mkdir(root, { recursive: true, mode: 0o700 });
  return layoutOf(await realpath(root));
}

function layoutOf(root: string): Layout {
  const own = join(root, PRIVATE_FOLDER);
  return {
    root,
    temp: join(own, 'tmp'),
    metadata: join(own, 'metadata'),
    names: join(own, 'names'),
    beside: join(own, 'beside'),
    synced: new Set(),
  };
}
