import type { Deps } from '../deps.ts';
import { eventKey, HEAD_KEY, JOURNAL_PREFIX, seqOfKey } from './journal-store.ts';
import { type Link, linkOfObject, linkOfRow } from './link.ts';
import { readEvents } from './read-events.ts';
import { readTexts } from './read-texts.ts';

/** What database and bucket hold of one event. At least one of them is there. */
export interface Step {
  readonly seq: number;
  readonly row?: Link;
  readonly object?: Link;
}

export interface Journal extends Pick<Deps, 'db' | 'store' | 'signal'> {
  /** Hears of the keys that were listed and name no event. */
  readonly onStranger: (key: string) => void;
  /** The event that the head names: the objects up to it were written. */
  readonly headSeq: number;
}

/** Events per page: at 64 KiB at most, it bounds the memory to a few ten megabytes. */
const PAGE = 256;

/**
 * Walks T39 and the mirrored objects side by side, in order, each read once. Objects are looked for under the keys of
 * the rows; only where rows are missing is the store listed, for a listing may cost as much as the journal is long, and
 * may lag behind.
 */
export async function* walkJournal(journal: Journal): AsyncGenerator<Step> {
  // Below 1, too, where only somebody else puts an event.
  for (let after = Number.MIN_SAFE_INTEGER; ; ) {
    journal.signal.throwIfAborted();
    const rows = new Map((await readEvents(journal.db, after, PAGE)).map((row) => [row.event.seq, linkOfRow(row)]));
    if (rows.size === 0) {
      const alone = objectsAlone(journal, after);
      const { done, value } = await alone.next();
      if (done) return;
      // An event is committed before its object is written: it may have been appended since we asked for rows.
      if ((await readEvents(journal.db, after, 1)).length > 0) continue;
      yield value;
      yield* alone;
      return;
    }
    const objects = await readObjects(journal, [...rows.keys()]);
    const newest = Math.max(...objects.keys());
    for (const [seq, row] of rows) {
      // Those behind it may be written by now: where there are more, they are looked at with these.
      if (rows.size === PAGE && after === newest) break;
      if (seq > after + 1) yield* objectsAlone(journal, after, seq);
      const object = objects.get(seq);
      yield { seq, row, ...(object && { object }) };
      after = seq;
    }
  }
}

/** The objects between two events, both excluded, for which T39 has no event. */
async function* objectsAlone(journal: Journal, after: number, before?: number): AsyncGenerator<Step> {
  const range = { after: eventKey(after), before: before === undefined ? undefined : eventKey(before) };
  let unlisted = newestSeqs(after, Math.min(journal.headSeq, (before ?? Number.POSITIVE_INFINITY) - 1));
  for (let cursor: string | undefined; ; ) {
    const page = await listKeys(journal, { ...range, cursor });
    const listed = new Set<number>();
    for (const key of page.keys) {
      const seq = seqOfKey(key);
      if (seq === undefined) journal.onStranger(key);
      else listed.add(seq);
    }
    const end = page.next === undefined ? Number.POSITIVE_INFINITY : Math.max(...listed);
    const seqs = [...new Set([...listed, ...unlisted.filter((seq) => seq < end)])].sort((a, b) => a - b);
    unlisted = unlisted.filter((seq) => seq > end);
    for (const [seq, object] of await readObjects(journal, seqs)) yield { seq, object };
    if (page.next === undefined) return;
    cursor = page.next;
  }
}

/** The last page of events up to `last`: where a listing may not show yet what was written. */
function newestSeqs(after: number, last: number): number[] {
  const first = Math.max(after + 1, 1, last - PAGE + 1);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);
}

interface KeyPage {
  readonly keys: readonly string[];
  readonly next?: string | undefined;
}

interface KeyRange {
  readonly after: string;
  readonly before?: string | undefined;
  readonly cursor?: string | undefined;
}

async function listKeys({ store, signal }: Journal, { after, before, cursor }: KeyRange): Promise<KeyPage> {
  const { blobs, next } = await store.list(JOURNAL_PREFIX, { after, cursor, limit: PAGE, signal });
  const keys = blobs.map(({ key }) => key);
  // Keys of events are ASCII, so that comparing them as text is the store's own order.
  const end = before === undefined ? -1 : keys.findIndex((key) => key >= before);
  return {
    keys: (end < 0 ? keys : keys.slice(0, end)).filter((key) => key !== HEAD_KEY),
    next: end < 0 ? next : undefined,
  };
}

async function readObjects({ store, signal }: Journal, seqs: readonly number[]): Promise<Map<number, Link>> {
  const texts = await readTexts(store, seqs.map(eventKey), signal);
  // They are written in order while we read: what is before one that is there is there by now.
  const newest = seqs.findLastIndex((seq) => texts.has(eventKey(seq)));
  const overtaken = seqs.slice(0, newest + 1).filter((seq) => !texts.has(eventKey(seq)));
  const late = await readTexts(store, overtaken.map(eventKey), signal);
  return new Map(
    seqs.flatMap((seq) => {
      const text = texts.get(eventKey(seq)) ?? late.get(eventKey(seq));
      return text === undefined ? [] : [[seq, linkOfObject(seq, text)] as const];
    }),
  );
}
