import { canonicalJson } from '@datasens/core/audit/canonical-json.ts';
import type { JournalEvent } from '@datasens/core/audit/journal-event.ts';
import { ORIGIN, writeHead } from '@datasens/core/audit/journal-store.ts';
import { readTail } from '@datasens/core/audit/read-events.ts';
import type { Deps } from '@datasens/core/deps.ts';
import { BYTES, creationEvent, prefixOf } from '../rebuild/creation-event.ts';

export const MINUTE_MS = 60_000;
const BATCH = 1_000;

/**
 * Fills an audit database that has just been migrated: dumps 1 to `count` of a hundred lineages, a minute apart, the last
 * one of `now`, each with its event in a chain that is whole and that the store is told to have mirrored. Only the oldest
 * `stored` have objects: three each.
 */
export async function seedDumps(
  { db, store, signal, now }: Deps,
  { count, stored }: { readonly count: number; readonly stored: number },
): Promise<void> {
  const at = now();
  let tail = await readTail(db);
  for (let first = 1; first <= count; first += BATCH) {
    const rows: unknown[] = [];
    const events: unknown[] = [];
    for (let dumpId = first; dumpId < first + BATCH && dumpId <= count; dumpId += 1) {
      const createdAt = new Date(at.getTime() - (count - dumpId) * MINUTE_MS);
      const event = creationEvent(store, dumpId, createdAt, tail ?? ORIGIN);
      tail = event;
      rows.push(event.changes[0]?.row);
      events.push(rowOf(event));
    }
    await db.query('insert into t38_dump_audit select * from json_populate_recordset(null::t38_dump_audit, $1)', [
      JSON.stringify(rows),
    ]);
    await db.query(
      'insert into t39_dump_evenement select * from json_populate_recordset(null::t39_dump_evenement, $1)',
      [JSON.stringify(events)],
    );
  }
  if (tail) await writeHead(store, tail, signal);
  for (let dumpId = 1; dumpId <= stored; dumpId += 1) {
    const prefix = prefixOf(dumpId, new Date(at.getTime() - (count - dumpId) * MINUTE_MS));
    await Promise.all(OBJECTS.map((name) => store.put(`${prefix}${name}`, [BYTES])));
  }
  await db.query('analyze');
}

export const OBJECTS = ['data.0f.dump', 'proof.0f.json', 'manifest.json'] as const;

/** An event in the words of T39. */
function rowOf({ seq, event, dumpId, at, user, detail, changes, previousHash, hash }: JournalEvent) {
  return {
    seq,
    evenement: event,
    dump_id: dumpId,
    date_evenement: at,
    utilisateur: user,
    detail: canonicalJson(detail),
    changements: canonicalJson(changes),
    hash_precedent: previousHash,
    hash,
  };
}
