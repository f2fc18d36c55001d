import { formatStamp } from '../../catalog/stamp.ts';
import type { BlobStore } from '../../storage/blob-store.ts';

/** The objects of an import's rejects, by their keys. */
export interface RejectObjects {
  /** NDJSON: `{"line", "raw", "reason"}`. */
  readonly rejects: string;
  /** How they are to be read: see `rejects-reading.ts`. */
  readonly reading: string;
  /** Whether both are encrypted, each as an age file. */
  readonly encrypted: boolean;
}

/** Where the rejects of an import are stored. Nothing from outside stands in it. */
export function rejectObjects(startedAt: Date, dumpId: number, encrypted: boolean): RejectObjects {
  return objectsIn(`rejected/${formatStamp(startedAt)}-${dumpId}/`, encrypted);
}

/** Those of which `rejects` has the URI; nothing where it is none of this store's. */
export function findRejectObjects(store: BlobStore, uri: string): RejectObjects | undefined {
  const [, prefix, age] = /(rejected\/[^/]+\/)rejects\.ndjson(\.age)?$/.exec(uri) ?? [];
  const objects = prefix === undefined ? undefined : objectsIn(prefix, age !== undefined);
  return objects && store.uriOf(objects.rejects) === uri ? objects : undefined;
}

/** Removes what a failed import has stored, as far as that can be done: nothing refers to it. */
export async function removeRejects(store: BlobStore, { rejects, reading }: RejectObjects): Promise<void> {
  for (const key of [rejects, reading]) await store.delete(key).catch(() => undefined);
}

function objectsIn(prefix: string, encrypted: boolean): RejectObjects {
  const suffix = encrypted ? '.age' : '';
  return { rejects: `${prefix}rejects.ndjson${suffix}`, reading: `${prefix}reading.json${suffix}`, encrypted };
}
