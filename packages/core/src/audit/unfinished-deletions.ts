import type { Queryable } from '../postgres/database.ts';
import type { JournalEvent } from './journal-event.ts';
import { readEvents } from './read-events.ts';

/** Numbers, and each page of them reads all deletions. */
const PAGE = 10_000;

/**
 * The deletions that were marked and not certified, oldest first: those of a process that was killed, or of what a lock
 * kept. `intact` tells whether the mark still is what was sealed.
 */
export async function* listUnfinishedDeletions(
  db: Queryable,
  signal: AbortSignal,
): AsyncGenerator<{ readonly event: JournalEvent; readonly intact: boolean }> {
  for (let after = 0; ; ) {
    signal.throwIfAborted();
    const { rows } = await db.query<{ seq: number }>(
      `with deletion as materialized (
         select seq, substring(detail from '"phase":"([a-z]+)"') as phase,
                substring(detail from '"mark":(\\d{1,18})')::bigint as mark
           from t39_dump_evenement where evenement = 'SUPPRIME')
       select seq from deletion m
        where phase = 'marked' and seq > $1 and not exists (select from deletion c where c.mark = m.seq)
        order by seq limit ${PAGE}`,
      [after],
    );
    for (const { seq } of rows) {
      const [stored] = await readEvents(db, seq - 1, 1);
      if (stored) yield stored;
      after = seq;
    }
    if (rows.length < PAGE) return;
  }
}
