import type { BlobStore } from '@datasens/core/storage/blob-store.ts';

/**
 * The store, in which the first object whose key `matches` stops after its first chunk until `meanwhile` is done: the
 * middle of a dump, for a source that fills more than the pipes in between.
 */
export function gatedStore(store: BlobStore, matches: RegExp, meanwhile: () => Promise<unknown>): BlobStore {
  let open = false;
  return {
    ...store,
    put: (key, body, options) => store.put(key, open || !matches.test(key) ? body : pausedAfterFirst(body), options),
  };

  async function* pausedAfterFirst(body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>) {
    for await (const chunk of body) {
      yield chunk;
      if (open) continue;
      open = true;
      await meanwhile();
    }
  }
}
