import { applyChanges } from '../audit/change.ts';
import { insertEvents } from '../audit/insert-events.ts';
import type { JournalEvent } from '../audit/journal-event.ts';
import { eventKey } from '../audit/journal-store.ts';
import { readEvents } from '../audit/read-events.ts';
import type { Deps } from '../deps.ts';
import type { Queryable } from '../postgres/database.ts';
import { type DamageList, damageList } from './damage.ts';
import { readMarks } from './read-marks.ts';
import { readBack, type StoredJournal } from './stored-journal.ts';

const PAGE = 256;

export interface RestoredJournal {
  readonly damage: DamageList;
  /** Events that the bucket's journal has lost and its tombstones hold. */
  readonly fromTombstones: readonly JournalEvent[];
}

/**
 * Brings the bucket's events into T39, which has nothing but its own first one, and their changes into T38, T40 and
 * T41. A mark of a deletion that is lost is taken from its tombstone, which holds it byte for byte, where what follows it
 * knew it by that hash.
 */
export async function restoreJournal(
  tx: Queryable,
  deps: Pick<Deps, 'store' | 'signal'>,
  journal: StoredJournal,
): Promise<RestoredJournal> {
  await tx.query('savepoint journal');
  let instead = new Map<number, JournalEvent>();
  let damage = await restoreEvents(tx, deps, journal, instead);
  if (damage.lost().size > 0) {
    instead = await readMarks(tx, deps, damage.lost());
    if (instead.size > 0) {
      // What comes before a lost event is judged by it.
      await tx.query('rollback to savepoint journal');
      damage = await restoreEvents(tx, deps, journal, instead);
    }
  }
  for (let after = 0; ; ) {
    deps.signal.throwIfAborted();
    const events = await readEvents(tx, after, PAGE);
    await applyChanges(
      tx,
      events.flatMap(({ event }) => event.changes),
    );
    after = events.at(-1)?.event.seq ?? after;
    if (events.length < PAGE) break;
  }
  const fromTombstones = [...instead.values()].filter(({ seq }) => !damage.lost().has(seq));
  return { damage, fromTombstones };
}

async function restoreEvents(
  tx: Queryable,
  deps: Pick<Deps, 'store' | 'signal'>,
  journal: StoredJournal,
  instead: ReadonlyMap<number, JournalEvent>,
): Promise<DamageList> {
  const damage = damageList();
  if (journal.headless) damage.add({ seq: null, key: 'journal/head.json', because: journal.headless });
  for await (const page of readBack(deps, journal, instead)) {
    deps.signal.throwIfAborted();
    for (const { seq, because } of page) if (because !== undefined) damage.add({ seq, key: eventKey(seq), because });
    const sound = page.flatMap(({ event }) => (event ? [event] : []));
    if (sound.length > 0) await insertEvents(tx, sound, { replacing: true });
  }
  return damage;
}
