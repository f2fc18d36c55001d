import type { BlobStore } from '@datasens/core/storage/blob-store.ts';

/** The store, with listings that lag behind: what was created less than `lag` listings ago is not in them. */
export function laggingStore(store: BlobStore, lag: number): BlobStore {
  const createdAt = new Map<string, number>();
  let listings = 0;
  const noted = (key: string) => {
    if (!createdAt.has(key)) createdAt.set(key, listings);
  };
  return {
    ...store,
    async put(key, ...rest) {
      const version = await store.put(key, ...rest);
      noted(key);
      return version;
    },
    async copy(from, to, ...rest) {
      const version = await store.copy(from, to, ...rest);
      noted(to);
      return version;
    },
    async list(...args) {
      listings += 1;
      const page = await store.list(...args);
      return { ...page, blobs: page.blobs.filter(({ key }) => listings - (createdAt.get(key) ?? -lag) > lag) };
    },
  };
}
