import type { Queryable } from '../postgres/database.ts';
import { canonicalJson } from './canonical-json.ts';
import { type EventName, isIntact, type JournalEvent } from './journal-event.ts';

/** A row of T39, and whether it still is what was sealed. */
export interface StoredEvent {
  readonly event: JournalEvent;
  readonly intact: boolean;
}

interface Row {
  seq: number;
  event: EventName;
  dumpId: number | null;
  at: string;
  user: string | null;
  detail: string;
  changes: string;
  previousHash: string;
  hash: string;
}

/** Up to `limit` events after `seq`, in order. */
export async function readEvents(db: Queryable, seq: number, limit: number): Promise<StoredEvent[]> {
  return await selectEvents(db, 'where seq > $1 order by seq limit $2', [seq, limit]);
}

/** The events that `clause` (everything after `from t39_dump_evenement`) selects. */
export async function selectEvents(db: Queryable, clause: string, params: readonly unknown[]): Promise<StoredEvent[]> {
  const { rows } = await db.query<Row>(
    `select seq, evenement as event, dump_id as "dumpId", date_evenement as at, utilisateur as "user", detail,
            changements as changes, hash_precedent as "previousHash", hash
     from t39_dump_evenement ${clause}`,
    params,
  );
  return rows.map(toStored);
}

/** The highest `seq`, and its hash. */
export async function readTail(db: Queryable): Promise<{ seq: number; hash: string } | undefined> {
  const { rows } = await db.query<{ seq: number; hash: string }>(
    'select seq, hash from t39_dump_evenement order by seq desc limit 1',
  );
  return rows[0];
}

function toStored(row: Row): StoredEvent {
  const event = {
    format: 1,
    ...row,
    detail: parseCanonical(row.detail),
    changes: parseCanonical(row.changes),
  } as JournalEvent;
  return { event, intact: isIntact(event) };
}

/** Text that is not canonical JSON is not what was sealed: kept as a string, it cannot have the hash either. */
function parseCanonical(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return canonicalJson(value) === text ? value : text;
  } catch {
    return text;
  }
}
