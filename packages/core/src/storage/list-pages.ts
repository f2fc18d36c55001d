import type { BlobInfo, BlobStore, ListOptions } from './blob-store.ts';

/** The objects whose keys start with `prefix`, in order, a page at a time. */
export async function* listPages(
  store: Pick<BlobStore, 'list'>,
  prefix: string,
  options: Pick<ListOptions, 'after' | 'signal'>,
): AsyncGenerator<readonly BlobInfo[]> {
  for (let cursor: string | undefined; ; ) {
    const { blobs, next } = await store.list(prefix, { ...options, cursor });
    yield blobs;
    if (next === undefined) return;
    cursor = next;
  }
}
