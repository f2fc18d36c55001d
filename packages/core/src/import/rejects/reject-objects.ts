import type { BlobStore } from '../../storage/blob-store.ts';

/** Where the rejects of an import are stored. Nothing from outside stands in it. */
export function rejectsPrefix(startedAt: Date, dumpId: number): string {
  return `rejected/${startedAt.toISOString().replace(/[-:]|\.\d+/g, '')}-${dumpId}/`;
}

/** NDJSON: `{"line", "raw", "reason"}`. */
export function rejectsKey(prefix: string): string {
  return `${prefix}rejects.ndjson`;
}

/** How they are to be read: see `rejects-reading.ts`. */
export function readingKey(prefix: string): string {
  return `${prefix}reading.json`;
}

/** The prefix of an object of `rejectsKey`, by its URI; nothing where it is none of this store's. */
export function findRejectsPrefix(store: BlobStore, uri: string): string | undefined {
  const [, prefix] = /(rejected\/[^/]+\/)rejects\.ndjson$/.exec(uri) ?? [];
  return prefix !== undefined && store.uriOf(rejectsKey(prefix)) === uri ? prefix : undefined;
}

/** Removes what a failed import has stored, as far as that can be done: nothing refers to it. */
export async function removeRejects(store: BlobStore, prefix: string): Promise<void> {
  for (const key of [rejectsKey(prefix), readingKey(prefix)]) await store.delete(key).catch(() => undefined);
}
