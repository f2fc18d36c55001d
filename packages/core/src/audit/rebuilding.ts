import { z } from 'zod';
import type { Queryable } from '../postgres/database.ts';
import type { JsonObject } from './journal-event.ts';
import { type JournalHead, parseJson } from './journal-store.ts';

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

export type RebuildingDetail = z.infer<typeof Rebuilding> & JsonObject;

/** The event by which a rebuilding from this head of this storage ended; the latest, where there were several. */
export async function findRebuilding(
  db: Queryable,
  head: JournalHead | null,
  storage: string,
): Promise<{ readonly seq: number; readonly previousHash: string } | undefined> {
  const { rows } = await db.query<{ seq: number; previousHash: string; detail: string }>(
    `select seq, hash_precedent as "previousHash", detail from t39_dump_evenement
      where evenement = 'REBATI' and dump_id is null order by seq desc`,
  );
  return rows.find(({ detail }) => {
    const parsed = Rebuilding.safeParse(parseJson(detail));
    if (!parsed.success || parsed.data.storage !== storage) return false;
    return parsed.data.head?.seq === head?.seq && parsed.data.head?.hash === head?.hash;
  });
}
