import { appendEvent } from '../audit/append-event.ts';
import type { JournalEvent } from '../audit/journal-event.ts';
import { rejectsPlaceOf } from '../catalog/rejects-place.ts';
import type { Deps } from '../deps.ts';
import { listPages } from '../storage/list-pages.ts';
import type { Deletion } from './deletion.ts';
import type { RetentionPolicy } from './retention-policy.ts';

/** What stands in the bucket for an import, and has come to the end of its term. */
export interface LooseObject {
  readonly what: 'rejects' | 'imported';
  /** Of the import; null where the key does not tell, as that of a file that was refused as a whole. */
  readonly dumpId: number | null;
  readonly prefix: string;
  readonly key: string;
  readonly sizeBytes: number;
  readonly since: Date;
  /** The end of its term. */
  readonly term: Date;
}

/** The rejects, refused files and imported files whose term is over, in the order of their keys. */
export async function* listDueObjects(
  deps: Pick<Deps, 'store' | 'signal'>,
  { rejectedMs, importedMs }: RetentionPolicy,
  now: Date,
): AsyncGenerator<LooseObject> {
  let last = '';
  for await (const { key, sizeBytes } of objectsBelow(deps, 'rejected/')) {
    const place = rejectsPlaceOf(key);
    if (place === undefined || place.prefix === last) continue;
    const { prefix, dumpId, startedAt: since } = place;
    last = prefix;
    const term = new Date(since.getTime() + rejectedMs);
    // Keys begin with their time.
    if (term > now) break;
    yield { what: 'rejects', dumpId, prefix, key, sizeBytes, since, term };
  }
  if (importedMs === undefined) return;
  for await (const { key, sizeBytes, modifiedAt } of objectsBelow(deps, 'imported/')) {
    const term = new Date(modifiedAt.getTime() + importedMs);
    if (term > now) continue;
    yield { what: 'imported', dumpId: null, prefix: key, key, sizeBytes, since: modifiedAt, term };
  }
}

/** Says in the journal that it is to be deleted. Of two who do, each marks, and the second finds nothing to delete. */
export async function markObject(
  { db, store }: Pick<Deps, 'db' | 'store'>,
  object: LooseObject,
  user: string,
): Promise<JournalEvent> {
  const { what, dumpId, prefix, key, sizeBytes, term } = object;
  const detail: Deletion = {
    phase: 'marked',
    what,
    prefix,
    key,
    uri: store.uriOf(key),
    sizeBytes,
    sha256: null,
    manifestSha256: null,
    why: 'term',
    rule: what === 'rejects' ? 'rejected' : 'imported',
    reasons: reasonsOf(object),
    term: term.toISOString(),
    stored: true,
  };
  return await db.transaction((tx) =>
    appendEvent(tx, { event: 'SUPPRIME', ...(dumpId === null ? {} : { dumpId }), user, detail }),
  );
}

export function reasonsOf({ term }: LooseObject): string[] {
  return [`its legal term ended on ${term.toISOString()}`];
}

async function* objectsBelow({ store, signal }: Pick<Deps, 'store' | 'signal'>, prefix: string) {
  for await (const page of listPages(store, prefix, { signal })) yield* page;
}
