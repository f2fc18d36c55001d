import type { Deps } from '../deps.ts';
import { AppError } from '../errors.ts';
import type { Queryable } from '../postgres/database.ts';
import { eventText } from './journal-event.ts';
import { eventKey, type JournalHead, ORIGIN, putEvent, readHead, readSmall, writeHead } from './journal-store.ts';
import { lockTransaction } from './locks.ts';
import { readEvents } from './read-events.ts';

export interface MirrorResult {
  /** Events that this call mirrored. */
  readonly mirrored: number;
  readonly head: JournalHead;
}

export interface Mirroring {
  /** Why the mirror lags behind. What was committed stays; the next command catches the mirror up. */
  readonly mirrorError?: unknown;
}

/** Few enough that the transaction which holds the lock lives for seconds, also on a slow store. */
const PAGE = 20;

/**
 * Mirrors the events of T39 beyond the store's head, in order, each as a write-once object; the head follows each. A
 * store without a journal (a new bucket under the same audit database) is given all of it. One process at a time:
 * the others wait, and find it done.
 *
 * Throws `Conflict` when the store holds another journal, or a longer one than T39, or when T39 no longer is what
 * was sealed: nothing is mirrored then. Errors of the store are the store's.
 */
export async function mirrorJournal(deps: Pick<Deps, 'db' | 'store' | 'signal'>): Promise<MirrorResult> {
  let mirrored = 0;
  for (;;) {
    deps.signal.throwIfAborted();
    const page = await deps.db.transaction((tx) => mirrorPage(tx, deps));
    mirrored += page.mirrored;
    if (page.mirrored < PAGE) return { mirrored, head: page.head };
  }
}

/** `mirrorJournal` for one whose own work is committed: a failure is told, not thrown. */
export async function mirrorAfterCommit(deps: Pick<Deps, 'db' | 'store' | 'signal'>): Promise<Mirroring> {
  try {
    await mirrorJournal(deps);
    return {};
  } catch (mirrorError) {
    return { mirrorError };
  }
}

/**
 * Expects that the store holds this database's journal, as far as it holds one, and writes nothing. Throws `Conflict` as
 * `mirrorJournal` would.
 */
export async function expectOwnJournal({ db, store, signal }: Pick<Deps, 'db' | 'store' | 'signal'>): Promise<void> {
  const head = await readHead(store, signal);
  await expectAnchor(db, head, store.uri);
  if (head.seq !== ORIGIN.seq) return;
  // Without a head, its first event tells whose it is.
  const [first] = await readEvents(db, 0, 1);
  const mirrored = await readSmall(store, eventKey(1), signal);
  if (mirrored === undefined || (first && mirrored === eventText(first.event))) return;
  throw new AppError(
    'Conflict',
    `${store.uri} holds the journal of another audit database: run datasens journal verify`,
  );
}

async function mirrorPage(tx: Queryable, { store, signal }: Pick<Deps, 'store' | 'signal'>): Promise<MirrorResult> {
  await lockTransaction(tx, 'mirror');
  let head = await readHead(store, signal);
  await expectAnchor(tx, head, store.uri);
  const events = await readEvents(tx, head.seq, PAGE);
  for (const { event, intact } of events) {
    if (!intact || event.seq !== head.seq + 1 || event.previousHash !== head.hash) {
      throw new AppError(
        'Conflict',
        `event ${event.seq} of t39_dump_evenement is not the one that was recorded: run datasens journal verify`,
        { seq: event.seq },
      );
    }
    await putEvent(store, event, signal);
    // The object before the head: a head never names an event that a crash kept away.
    head = { seq: event.seq, hash: event.hash };
    await writeHead(store, head, signal);
  }
  return { mirrored: events.length, head };
}

/** The event that the head names must stand in T39, unchanged; else the two are not one journal. */
async function expectAnchor(db: Queryable, head: JournalHead, storeUri: string): Promise<void> {
  if (head.seq === ORIGIN.seq) return;
  const [stored] = await readEvents(db, head.seq - 1, 1);
  if (stored?.event.seq === head.seq && stored.event.hash === head.hash) return;
  throw new AppError(
    'Conflict',
    stored
      ? `journal fork: event ${head.seq} of t39_dump_evenement is not the one mirrored in ${storeUri}. Does DATASENS_STORAGE belong to another audit database? Run datasens journal verify`
      : `${storeUri} holds the journal up to event ${head.seq}, t39_dump_evenement ends before: the audit database was rewound or cut. Run datasens journal verify`,
    { seq: head.seq },
  );
}
