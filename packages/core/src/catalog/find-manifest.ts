import { isAppError } from '../errors.ts';
import type { BlobStore } from '../storage/blob-store.ts';
import { type Manifest, manifestKey, parseManifest } from './manifest.ts';
import { readSmallObject } from './read-object.ts';

/** The manifest under `prefix`; undefined where none was written. Throws `CorruptDump` when it cannot be read. */
export async function findManifest(
  store: BlobStore,
  prefix: string,
  signal: AbortSignal,
): Promise<{ manifest: Manifest; bytes: Buffer } | undefined> {
  const key = manifestKey(prefix);
  try {
    const bytes = await readSmallObject(store, key, { signal });
    return { manifest: parseManifest(bytes, key), bytes };
  } catch (error) {
    if (isAppError(error, 'NotFound')) return undefined;
    throw error;
  }
}
