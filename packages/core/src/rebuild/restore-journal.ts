import { applyChanges } from '../audit/change.ts';
import { insertEvents } from '../audit/insert-events.ts';
import { eventText } from '../audit/journal-event.ts';
import { eventKey } from '../audit/journal-store.ts';
import { readEvents } from '../audit/read-events.ts';
import type { Deps } from '../deps.ts';
import type { Queryable } from '../postgres/database.ts';
import type { Backlog } from './backlog.ts';
import { type DamageList, damageList } from './damage.ts';
import { parseMark, readMarks } from './read-marks.ts';
import { readBack, type StoredJournal } from './stored-journal.ts';

const PAGE = 64;

/**
 * Brings the bucket's events into T39, which has nothing but its own first one, and their changes into T38, T40 and
 * T41. A mark of a deletion that is lost is taken from its tombstone, which holds it byte for byte, where what follows it knew
 * it by that hash: the backlog has it as `taken` then.
 */
export async function restoreJournal(
  tx: Queryable,
  deps: Pick<Deps, 'store' | 'signal'>,
  journal: StoredJournal,
  backlog: Backlog,
): Promise<DamageList> {
  await tx.query('savepoint journal');
  let damage = await restoreEvents(tx, deps, journal, backlog);
  if (damage.lostCount() > 0) {
    await readMarks(tx, deps, backlog);
    if ((await backlog.count('mark')) > 0) {
      // What comes before a lost event is judged by it.
      await tx.query('rollback to savepoint journal');
      damage = await restoreEvents(tx, deps, journal, backlog);
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
  return damage;
}

async function restoreEvents(
  tx: Queryable,
  deps: Pick<Deps, 'store' | 'signal'>,
  journal: StoredJournal,
  backlog: Backlog,
): Promise<DamageList> {
  const damage = damageList();
  const marks = async (first: number, last: number) =>
    (await backlog.between('mark', first, last)).flatMap(({ text }) => parseMark(text) ?? []);
  if (journal.headless) damage.add({ seq: null, key: 'journal/head.json', because: journal.headless });
  for await (const page of readBack(deps, journal, marks)) {
    deps.signal.throwIfAborted();
    for (const { seq, because } of page) if (because !== undefined) damage.add({ seq, key: eventKey(seq), because });
    const sound = page.flatMap(({ event }) => (event ? [event] : []));
    if (sound.length > 0) await insertEvents(tx, sound, { replacing: true });
    await backlog.add(
      'taken',
      page.flatMap(({ seq, event, taken }) => (event && taken ? [{ number: seq, text: eventText(event) }] : [])),
    );
  }
  return damage;
}
