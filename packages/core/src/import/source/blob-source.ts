import type { BlobStore } from '../../storage/blob-store.ts';
import type { Source } from './source.ts';

/** The present version of an object. Throws `NotFound`. */
export async function openBlobSource(store: BlobStore, key: string, signal?: AbortSignal): Promise<Source> {
  const { etag, sizeBytes } = await store.head(key, { signal });
  return {
    uri: store.uriOf(key),
    sizeBytes,
    isLocal: false,
    read: ({ range, signal } = {}) => store.read(key, { etag, signal, ...(range === undefined ? {} : { range }) }),
    async expectUnchanged() {},
    async [Symbol.asyncDispose]() {},
  };
}
