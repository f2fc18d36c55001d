import { placeOf } from '../catalog/dump-place.ts';
import { MANIFEST_NAME } from '../catalog/manifest.ts';
import { rejectsPlaceOf } from '../catalog/rejects-place.ts';
import { TOMBSTONES } from '../catalog/tombstone.ts';
import type { Deps } from '../deps.ts';
import type { Queryable } from '../postgres/database.ts';
import { listPages } from '../storage/list-pages.ts';
import type { Backlog } from './backlog.ts';

/**
 * Holds what the bucket says of dumps against T38. The backlog has the manifests that no row is of, and no mark in the
 * journal, as `orphan` then, and the tombstones of dumps whose row does not say SUPPRIME as `undead`. Returns the highest
 * id in any key; it may be that of a dump that failed.
 *
 * Takes listings as they come: what changes meanwhile is somebody's work, and registers itself.
 */
export async function surveyBucket(
  tx: Queryable,
  deps: Pick<Deps, 'store' | 'signal'>,
  backlog: Backlog,
): Promise<number> {
  let highestId = 0;
  for await (const keys of listKeys(deps, 'dumps/')) {
    const found = keys.flatMap((key) => {
      const place = placeOf(key);
      return place ? [{ ...place, key }] : [];
    });
    for (const { dumpId } of found) highestId = Math.max(highestId, dumpId);
    const committed = found.filter(({ key }) => key.endsWith(`/${MANIFEST_NAME}`));
    const known = await readRows(tx, committed);
    const marked = await readMarked(tx, committed);
    const orphans = committed.filter(({ dumpId, prefix }) => {
      const registered = known.get(dumpId)?.key.startsWith(prefix);
      return !registered && !marked.has(dumpId);
    });
    await backlog.add(
      'orphan',
      orphans.map(({ dumpId, prefix }) => ({ number: dumpId, text: prefix })),
    );
  }
  for await (const keys of listKeys(deps, 'rejected/')) {
    for (const key of keys) highestId = Math.max(highestId, rejectsPlaceOf(key)?.dumpId ?? 0);
  }
  for await (const keys of listKeys(deps, `${TOMBSTONES}dumps/`)) {
    const found = keys.flatMap((key) => {
      const place = placeOf(`${buriedPrefix(key)}${MANIFEST_NAME}`);
      return place ? [{ key, dumpId: place.dumpId }] : [];
    });
    for (const { dumpId } of found) highestId = Math.max(highestId, dumpId);
    const known = await readRows(tx, found);
    const undead = found.filter(({ dumpId }) => known.get(dumpId)?.status !== 'SUPPRIME');
    await backlog.add(
      'undead',
      undead.map(({ dumpId, key }) => ({ number: dumpId, text: key })),
    );
  }
  return highestId;
}

/** The prefix of the dump whose tombstone this is. */
export function buriedPrefix(key: string): string {
  return `${key.slice(TOMBSTONES.length).replace(/\.json$/, '')}/`;
}

type Ids = readonly { readonly dumpId: number }[];

interface Row {
  readonly key: string;
  readonly status: string | null;
}

async function readRows(tx: Queryable, dumps: Ids): Promise<Map<number, Row>> {
  const { rows } = await tx.query<Row & { dumpId: number }>(
    `select dump_id::bigint as "dumpId", chemin as key, statut as status from t38_dump_audit
      where dump_id = any($1::bigint[])`,
    [dumps.map(({ dumpId }) => dumpId)],
  );
  return new Map(rows.map((row) => [row.dumpId, row]));
}

/** Those that the journal says are deleted, or to be. */
async function readMarked(tx: Queryable, dumps: Ids): Promise<Set<number>> {
  const { rows } = await tx.query<{ dumpId: number }>(
    `select dump_id as "dumpId" from t39_dump_evenement where dump_id = any($1::bigint[]) and evenement = 'SUPPRIME'`,
    [dumps.map(({ dumpId }) => dumpId)],
  );
  return new Set(rows.map(({ dumpId }) => dumpId));
}

async function* listKeys({ store, signal }: Pick<Deps, 'store' | 'signal'>, prefix: string): AsyncGenerator<string[]> {
  for await (const page of listPages(store, prefix, { signal })) {
    signal.throwIfAborted();
    yield page.map(({ key }) => key);
  }
}
