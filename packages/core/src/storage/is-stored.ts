import { isAppError } from '../errors.ts';
import type { BlobStore } from './blob-store.ts';

/** Whether there is an object under the key. */
export async function isStored(store: BlobStore, key: string, signal: AbortSignal): Promise<boolean> {
  try {
    await store.head(key, { signal });
    return true;
  } catch (error) {
    if (isAppError(error, 'NotFound')) return false;
    throw error;
  }
}
