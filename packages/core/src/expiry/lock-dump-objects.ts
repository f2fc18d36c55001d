import type { BlobStore } from '../storage/blob-store.ts';

/**
 * Holds the objects of a dump in the store itself, or lets them go: nobody deletes them then, with whatever rights.
 * False where the store has no such lock. Idempotent.
 */
export async function lockDumpObjects(
  store: BlobStore,
  prefix: string,
  held: boolean,
  signal: AbortSignal,
): Promise<boolean> {
  if (!store.setLegalHold) return false;
  const { blobs } = await store.list(prefix, { signal });
  for (const { key } of blobs) {
    if (!(await store.setLegalHold(key, held, { signal }))) return false;
  }
  return true;
}
