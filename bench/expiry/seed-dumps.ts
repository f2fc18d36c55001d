import { createHash } from 'node:crypto';
import { canonicalJson } from '@datasens/core/audit/canonical-json.ts';
import { timestampText } from '@datasens/core/audit/change.ts';
import { type JournalEvent, sealEvent } from '@datasens/core/audit/journal-event.ts';
import { writeHead } from '@datasens/core/audit/journal-store.ts';
import { insertionOf } from '@datasens/core/audit/new-dump.ts';
import { readTail } from '@datasens/core/audit/read-events.ts';
import type { Deps } from '@datasens/core/deps.ts';

export const MINUTE_MS = 60_000;
const LINEAGES = 100;
const BATCH = 1_000;
const BYTES = Buffer.from('a dump of a bench');
const SHA256 = createHash('sha256').update(BYTES).digest('hex');

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
      const prefix = prefixOf(dumpId, createdAt);
      const key = `${prefix}data.0f.dump`;
      const change = insertionOf({
        dumpId,
        type: 'SQL',
        key,
        uri: store.uriOf(key),
        sizeBytes: BYTES.byteLength,
        sha256: SHA256,
        createdAt,
        user: 'bench',
      });
      const event: JournalEvent = sealEvent({
        format: 1,
        seq: (tail?.seq ?? 0) + 1,
        event: 'CREE',
        dumpId,
        at: timestampText(createdAt),
        user: 'bench',
        detail: { manifest: { key: `${prefix}manifest.json`, sha256: SHA256 } },
        changes: [change],
        previousHash: tail?.hash ?? '',
      });
      tail = event;
      rows.push(change.row);
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

function prefixOf(dumpId: number, createdAt: Date): string {
  const stamp = createdAt.toISOString().replace(/[-:]|\.\d+/g, '');
  return `dumps/SQL/source${dumpId % LINEAGES}/scheduled/${stamp}-${dumpId}/`;
}

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
