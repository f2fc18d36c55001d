import * as z from 'zod';
import type { Queryable } from '../postgres/database.ts';
import type { JournalEvent } from './journal-event.ts';
import type { JournalHead } from './journal-store.ts';
import { readEvents } from './read-events.ts';

/** The detail of the event REBATI that ends a rebuilding from a damaged bucket. */
const Rebuilding = z.object({
  /** What the head of the journal named; null where there was none that could be read. */
  head: z.object({ seq: z.number(), hash: z.string() }).nullable(),
  /** The events that are lost, as ranges: the first ones. */
  lost: z.array(z.tuple([z.number(), z.number()])),
  lostCount: z.number(),
  /** The storage that was rebuilt from. */
  storage: z.string(),
});

export type RebuildingDetail = z.infer<typeof Rebuilding>;

/** Whether the event ended a rebuilding from this head of this storage: then it is what follows that head. */
export function isRebuildingFrom(
  event: Pick<JournalEvent, 'event' | 'detail'>,
  head: Pick<JournalHead, 'seq' | 'hash'> | null,
  storage: string,
): boolean {
  if (event.event !== 'REBATI') return false;
  const { success, data } = Rebuilding.safeParse(event.detail);
  return success && data.storage === storage && data.head?.seq === head?.seq && data.head?.hash === head?.hash;
}

/** Where the journal went on after a rebuilding from this storage, which had no head that could be read. */
export async function findHeadlessRebuilding(db: Queryable, storage: string): Promise<JournalHead | undefined> {
  const { rows } = await db.query<{ seq: number }>(
    `select seq from t39_dump_evenement where evenement = 'REBATI' and dump_id is null order by seq desc`,
  );
  for (const { seq } of rows) {
    const [stored] = await readEvents(db, seq - 1, 1);
    if (stored && isRebuildingFrom(stored.event, null, storage))
      return { seq: seq - 1, hash: stored.event.previousHash };
  }
  return undefined;
}
