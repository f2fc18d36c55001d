import { type JournalEvent, ORIGIN_HASH } from '../audit/journal-event.ts';
import {
  eventKey,
  HEAD_KEY,
  JOURNAL_PREFIX,
  type JournalHead,
  readHead,
  readSmall,
  seqOfKey,
} from '../audit/journal-store.ts';
import { parseEvent } from '../audit/parse-event.ts';
import { readTexts } from '../audit/read-texts.ts';
import type { Deps } from '../deps.ts';
import { isAppError } from '../errors.ts';
import { listPages } from '../storage/list-pages.ts';

/** How far the journal of a bucket goes. */
export interface StoredJournal {
  readonly head?: JournalHead;
  /** Why there is no head, where there ought to be one. */
  readonly headless?: string;
  /** The last event that there is, or that the head names; 0 for no journal. */
  readonly end: number;
}

/** An event of a bucket, or why there is none. */
export interface FoundEvent {
  readonly seq: number;
  readonly event?: JournalEvent;
  readonly because?: string;
  /** Whether a tombstone has it, and the journal has lost it. */
  readonly taken?: boolean;
}

type BucketDeps = Pick<Deps, 'store' | 'signal'>;

/** Events per page: at 64 KiB at most, and several copies of each on its way, it bounds the memory to some ten megabytes. */
const PAGE = 64;

export async function measureJournal({ store, signal }: BucketDeps): Promise<StoredJournal> {
  let headless = `${HEAD_KEY} is missing`;
  let head: JournalHead | undefined;
  try {
    head = await readHead(store, signal);
    if (head.seq === 0) head = undefined;
  } catch (error) {
    if (!isAppError(error, 'Conflict')) throw error;
    headless = `${HEAD_KEY} is not the head of a journal`;
  }
  let end = head?.seq ?? 0;
  const after = head ? eventKey(head.seq) : undefined;
  for await (const page of listPages(store, JOURNAL_PREFIX, { after, signal })) {
    for (const { key } of page) end = Math.max(end, seqOfKey(key) ?? 0);
  }
  // A listing may lag behind: the newest objects are asked for.
  while ((await readSmall(store, eventKey(end + 1), signal)) !== undefined) end += 1;
  return head ? { head, end } : end === 0 ? { end } : { headless, end };
}

/**
 * The events of the journal, each read once, a page at a time. Those up to the head come from the last to the first, for the
 * head knows the hash of the last, and each event that of the one before: what was written anew with a hash of its own
 * is found. Those behind it must continue the chain. `candidates` gives what may be the events from one number to another
 * that are lost.
 */
export async function* readBack(
  deps: BucketDeps,
  { head, end }: StoredJournal,
  candidates: (first: number, last: number) => Promise<readonly JournalEvent[]>,
): AsyncGenerator<readonly FoundEvent[]> {
  const top = head?.seq ?? end;
  let expected = head?.hash;
  for (let last = top; last > 0; last -= PAGE) {
    const first = Math.max(1, last - PAGE + 1);
    const seqs = range(first, last).reverse();
    const texts = await readTexts(deps.store, seqs.map(eventKey), deps.signal);
    const instead = new Map((await candidates(first, last)).map((event) => [event.hash, event]));
    const page: FoundEvent[] = [];
    for (const seq of seqs) {
      const found = judge(seq, texts.get(eventKey(seq)), expected);
      const substitute = expected === undefined ? undefined : instead.get(expected);
      const taken = !found.event && substitute?.seq === seq ? { seq, event: substitute, taken: true } : found;
      page.push(taken);
      expected = taken.event?.previousHash;
    }
    yield page;
  }

  let before = head?.hash;
  for (let first = top + 1; first <= end; first += PAGE) {
    const seqs = range(first, Math.min(end, first + PAGE - 1));
    const texts = await readTexts(deps.store, seqs.map(eventKey), deps.signal);
    const page: FoundEvent[] = [];
    for (const seq of seqs) {
      const found = judge(seq, texts.get(eventKey(seq)), undefined);
      const follows = found.event === undefined || found.event.previousHash === before;
      page.push(follows ? found : { seq, because: 'does not follow the event before' });
      // What comes after a gap behind the head, nobody of ours has written.
      before = follows ? found.event?.hash : undefined;
    }
    yield page;
  }
}

function judge(seq: number, text: string | undefined, expected: string | undefined): FoundEvent {
  if (text === undefined) return { seq, because: 'is missing' };
  const event = parseEvent(seq, text);
  if (typeof event === 'string') return { seq, because: event };
  if (expected !== undefined && event.hash !== expected) {
    return { seq, because: 'was written anew: what follows knew it with another hash' };
  }
  if (seq === 1 && (event.previousHash !== ORIGIN_HASH || event.event !== 'INITIALISE')) {
    return { seq, because: 'does not open a journal' };
  }
  return { seq, event };
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}
