import { AppError } from '../../errors.ts';
import type { BlobStore } from '../../storage/blob-store.ts';
import type { Source } from './source.ts';

/** The present version of an object. Throws `NotFound`, and `Conflict` unless it is that of the ETag, where one is told. */
export async function openBlobSource(
  store: BlobStore,
  key: string,
  signal?: AbortSignal,
  wanted?: string,
): Promise<Source> {
  const { etag, sizeBytes } = await store.head(key, { signal });
  if (wanted !== undefined && etag !== wanted) {
    throw new AppError('Conflict', `${store.uriOf(key)} was replaced: nothing of it was kept`, { key });
  }
  return {
    uri: store.uriOf(key),
    sizeBytes,
    isLocal: false,
    read: ({ range, signal } = {}) => store.read(key, { etag, signal, ...(range === undefined ? {} : { range }) }),
    async expectUnchanged() {},
    async [Symbol.asyncDispose]() {},
  };
}
