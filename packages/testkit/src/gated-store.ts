import type { BlobStore } from '@datasens/core/storage/blob-store.ts';

/**
 * The store, in which the first object whose key `matches` stops after so many bytes (its first chunk by default) until
 * `meanwhile` is done: the middle of a dump, for a source that fills more than the pipes in between.
 */
export function gatedStore(
  store: BlobStore,
  matches: RegExp,
  meanwhile: () => Promise<unknown>,
  { afterBytes = 0 }: { readonly afterBytes?: number } = {},
): BlobStore {
  let open = false;
  return {
    ...store,
    put: (key, body, options) => store.put(key, open || !matches.test(key) ? body : paused(body), options),
  };

  async function* paused(body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>) {
    let bytes = 0;
    for await (const chunk of body) {
      yield chunk;
      bytes += chunk.length;
      if (open || bytes <= afterBytes) continue;
      open = true;
      await meanwhile();
    }
  }
}
