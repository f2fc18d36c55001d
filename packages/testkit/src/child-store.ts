import type { BlobStore } from '@datasens/core/storage/blob-store.ts';
import { openStore } from '@datasens/core/storage/open-store.ts';

/** In a child process: the store that its environment names, as `TestStore.env` does. */
export async function childStore(): Promise<BlobStore> {
  const { DATASENS_STORAGE = '', S3_ENDPOINT: endpoint } = process.env;
  return openStore(DATASENS_STORAGE, { endpoint });
}
