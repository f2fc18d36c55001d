import type { Deps } from '../deps.ts';
import type { BlobStore } from '../storage/blob-store.ts';
import { eventKey, HEAD_KEY, JOURNAL_PREFIX, readSmall, seqOfKey } from './journal-store.ts';
import { type Link, linkOfObject, linkOfRow } from './link.ts';
import { readEvents, type StoredEvent } from './read-events.ts';

/** What database and bucket hold of one event. At least one of them is there. */
export interface Step {
  readonly seq: number;
  readonly row?: Link;
  readonly object?: Link;
}

/** Events per page: at 64 KiB at most, it bounds the memory to a few ten megabytes. */
const PAGE = 256;
/** A request to a bucket takes milliseconds whatever its size: objects are read this many at a time. */
const READERS = 16;

/**
 * Walks T39 and the mirrored objects side by side, in order, each read once. `onStranger` hears of the keys under
 * `journal/` that are not the journal's.
 */
export async function* walkJournal(
  { db, store, signal }: Pick<Deps, 'db' | 'store' | 'signal'>,
  onStranger: (key: string) => void,
): AsyncGenerator<Step> {
  let seqs: number[] = [];
  let rows: StoredEvent[] = [];
  let lastRow = 0;
  let listing: string | undefined = JOURNAL_PREFIX;
  for (;;) {
    signal.throwIfAborted();
    // The listing before the rows: an event is committed before its object is written, so that each object listed
    // here has its row, however many are appended meanwhile.
    if (listing !== undefined && seqs.length < PAGE) {
      const page = await listObjects(store, listing, signal, onStranger);
      seqs.push(...page.seqs);
      listing = page.next;
    }
    const read: StoredEvent[] = rows.length < PAGE ? await readEvents(db, lastRow, PAGE) : [];
    rows.push(...read);
    lastRow = rows.at(-1)?.event.seq ?? lastRow;

    const noMoreRows = rows.length < PAGE;
    const until = Math.min(
      listing === undefined ? Number.POSITIVE_INFINITY : (seqs.at(-1) ?? 0),
      noMoreRows ? Number.POSITIVE_INFINITY : lastRow,
    );
    yield* merge(
      new Map(rows.filter(({ event }) => event.seq <= until).map((row) => [row.event.seq, linkOfRow(row)])),
      await readObjects(
        store,
        seqs.filter((seq) => seq <= until),
        signal,
      ),
    );
    seqs = seqs.filter((seq) => seq > until);
    rows = rows.filter(({ event }) => event.seq > until);
    if (listing === undefined && noMoreRows && seqs.length === 0 && rows.length === 0) return;
  }
}

function* merge(rows: Map<number, Link>, objects: Map<number, Link>): Generator<Step> {
  for (const seq of [...new Set([...rows.keys(), ...objects.keys()])].sort((a, b) => a - b)) {
    const row = rows.get(seq);
    const object = objects.get(seq);
    yield { seq, ...(row && { row }), ...(object && { object }) };
  }
}

async function listObjects(
  store: BlobStore,
  after: string,
  signal: AbortSignal,
  onStranger: (key: string) => void,
): Promise<{ seqs: number[]; next: string | undefined }> {
  const { blobs, next } = await store.list(JOURNAL_PREFIX, { after, limit: PAGE, signal });
  const seqs: number[] = [];
  for (const { key } of blobs) {
    const seq = seqOfKey(key);
    if (seq !== undefined) seqs.push(seq);
    else if (key !== HEAD_KEY) onStranger(key);
  }
  return { seqs, next };
}

async function readObjects(store: BlobStore, seqs: readonly number[], signal: AbortSignal): Promise<Map<number, Link>> {
  const links = new Map<number, Link>();
  const queue = seqs.values();
  const reader = async () => {
    for (const seq of queue) {
      const text = await readSmall(store, eventKey(seq), signal);
      if (text !== undefined) links.set(seq, linkOfObject(seq, text));
    }
  };
  await Promise.all(Array.from({ length: Math.min(READERS, seqs.length) }, reader));
  return links;
}
