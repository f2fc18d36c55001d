import type { BlobStore } from '@datasens/core/storage/blob-store.ts';

/** The store, and the keys of the objects that became visible in it, be it for a moment. */
export function recordingStore(store: BlobStore): { readonly store: BlobStore; readonly stored: readonly string[] } {
  const stored: string[] = [];
  const recording: BlobStore = {
    ...store,
    async put(...args) {
      const info = await store.put(...args);
      stored.push(info.key);
      return info;
    },
  };
  return { store: recording, stored };
}
