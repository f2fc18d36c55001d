import { AppError } from '../errors.ts';
import type { Queryable } from '../postgres/database.ts';
import { type DumpRow, selectDumps } from './dump-row.ts';
import { findJournalledDump } from './journalled-dump.ts';

/**
 * The dump that a person names by its dump_id, its key or its full URI, whatever its status; one whose row is gone, as
 * the journal tells it. `storeUri` is where keys are relative to, so that a URI finds the row by its unique key.
 *
 * Throws `NotFound`, or `InvalidInput` when several rows have that URI (older ones name a common prefix).
 */
export async function findDump(db: Queryable, reference: string, storeUri?: string): Promise<DumpRow> {
  const dumps =
    (await findById(db, reference)) ?? (await findByKey(db, reference, storeUri)) ?? (await findByUri(db, reference));
  const [dump = await findLost(db, reference)] = dumps;
  if (!dump) {
    throw new AppError(
      'NotFound',
      `no dump ${reference}: expected a dump_id, a key or a URI, as datasens audit lists them`,
    );
  }
  if (dumps.length > 1) {
    const ids = dumps.map(({ dumpId }) => dumpId).join(', ');
    throw new AppError('InvalidInput', `${reference} is the URI of several dumps (${ids}): name one by its dump_id`);
  }
  return dump;
}

async function findById(db: Queryable, reference: string): Promise<DumpRow[] | undefined> {
  if (!/^\d{1,15}$/.test(reference)) return undefined;
  return some(await selectDumps(db, 'where dump_id = $1::bigint', [reference]));
}

async function findByKey(db: Queryable, reference: string, storeUri?: string): Promise<DumpRow[] | undefined> {
  const byKey = some(await selectDumps(db, 'where chemin = $1', [reference]));
  const base = storeUri?.replace(/\/*$/, '/');
  if (byKey || !base || !reference.startsWith(base)) return byKey;
  const key = reference.slice(base.length);
  // The same key may have been recorded in another storage: the row's own URI decides.
  return some(await selectDumps(db, 'where chemin = $1 and coalesce(minio_uri, $2) = $2', [key, reference]));
}

/** No index serves this: it is for rows whose key is not the end of their URI. Three are enough to tell of several. */
async function findByUri(db: Queryable, reference: string): Promise<DumpRow[]> {
  return await selectDumps(db, 'where minio_uri = $1 order by dump_id desc limit 3', [reference]);
}

/** A dump whose row is gone from T38; a key ends in its dump_id and the name of the data. */
async function findLost(db: Queryable, reference: string): Promise<DumpRow | undefined> {
  const id = /^(\d{1,15})$|-(\d{1,15})\/[^/]+$/.exec(reference);
  const dump = id ? await findJournalledDump(db, Number(id[1] ?? id[2])) : undefined;
  return dump && [String(dump.dumpId), dump.key, dump.uri].includes(reference) ? dump : undefined;
}

function some(dumps: DumpRow[]): DumpRow[] | undefined {
  return dumps.length > 0 ? dumps : undefined;
}
