import type { Deps } from '../deps.ts';
import { AppError } from '../errors.ts';
import type { Queryable } from '../postgres/database.ts';
import { CATALOGUE_FORMAT, listShards, type Shards, shardsOf, writeCatalogue, writeShards } from './catalogue.ts';
import { eventText } from './journal-event.ts';
import { eventKey, type JournalHead, ORIGIN, putEvent, readSmall, writeHead } from './journal-store.ts';
import { lockTransaction } from './locks.ts';
import { mirrorAnchor } from './mirror-anchor.ts';
import { readEvents, type StoredEvent } from './read-events.ts';
import { isRebuildingFrom } from './rebuilding.ts';

export interface MirrorResult {
  /** Events that this call mirrored. */
  readonly mirrored: number;
  readonly head: JournalHead;
}

export interface Mirroring {
  /** Why the mirror lags behind. What was committed stays; the next command catches the mirror up. */
  readonly mirrorError?: unknown;
}

type MirrorDeps = Pick<Deps, 'db' | 'store' | 'signal'>;

/** Few enough that the transaction which holds the lock lives for seconds, also on a slow store. */
const PAGE = 20;

/**
 * Mirrors the events of T39 beyond the store's head, in order, each as a write-once object; the head follows each, and
 * the catalogue's lines of what they are about precede it. A store without a journal (a new bucket under the same audit
 * database) is given all of it. One process at a time: the others wait, and find it done.
 *
 * Throws `Conflict` when the store holds another journal, or a longer one than T39, or when T39 no longer is what
 * was sealed: nothing is mirrored then. Errors of the store are the store's.
 */
export async function mirrorJournal(deps: MirrorDeps): Promise<MirrorResult> {
  let mirrored = 0;
  for (;;) {
    deps.signal.throwIfAborted();
    const page = await mirrorPage(deps);
    mirrored += page.mirrored;
    if (page.mirrored < PAGE) return { mirrored, head: page.head };
  }
}

/** Writes the entire catalogue anew, from the rows as they stand. Returns how many objects it has. Throws as `mirrorJournal`. */
export async function rewriteCatalogue(deps: MirrorDeps): Promise<number> {
  await mirrorJournal(deps);
  return await deps.db.transaction(async (tx) => {
    await lockTransaction(tx, 'mirror');
    const { dumps, imports, approvals } = await writeCatalogue(tx, deps);
    return dumps.size + imports.size + approvals.size;
  });
}

/** `mirrorJournal` for one whose own work is committed: a failure is told, not thrown. */
export async function mirrorAfterCommit(deps: MirrorDeps): Promise<Mirroring> {
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
  if ((await mirrorAnchor(db, store, signal)).seq !== ORIGIN.seq) return;
  // Without a head, its first event tells whose it is.
  const [first] = await readEvents(db, 0, 1);
  const mirrored = await readSmall(store, eventKey(1), signal);
  if (mirrored === undefined || (first && mirrored === eventText(first.event))) return;
  throw new AppError(
    'Conflict',
    `${store.uri} holds the journal of another audit database: run datasens journal verify`,
  );
}

async function mirrorPage(deps: MirrorDeps): Promise<MirrorResult> {
  let unsure: Shards | undefined;
  try {
    return await deps.db.transaction((tx) =>
      mirrorEvents(tx, deps, (shards) => {
        unsure = shards;
      }),
    );
  } catch (error) {
    // Somebody else may have had the lock before our last object arrived, and that may lie over a later one.
    if (unsure) await writeAgain(deps, unsure).catch(() => undefined);
    throw error;
  }
}

async function writeAgain(deps: MirrorDeps, shards: Shards): Promise<void> {
  await deps.db.transaction(async (tx) => {
    await lockTransaction(tx, 'mirror');
    await mirrorAnchor(tx, deps.store, deps.signal);
    await writeShards(tx, deps, shards);
  });
}

async function mirrorEvents(
  tx: Queryable,
  deps: MirrorDeps,
  onLockLost: (shards: Shards) => void,
): Promise<MirrorResult> {
  const { store, signal } = deps;
  await lockTransaction(tx, 'mirror');
  let head = await mirrorAnchor(tx, store, signal);
  const events = await readEvents(tx, head.seq, PAGE);
  for (const { event, intact } of events) {
    const follows = event.seq === head.seq + 1 && event.previousHash === head.hash;
    if (!intact || !(follows || isRebuildingFrom(event, head, store.uri))) {
      throw new AppError(
        'Conflict',
        `event ${event.seq} of t39_dump_evenement is not the one that was recorded: run datasens journal verify`,
        { seq: event.seq },
      );
    }
    await putEvent(store, event, signal);
    // Once per page; after an object, which would have told of a fork; before the head, which never says more than the
    // catalogue has: a crash in between writes it again.
    if (event === events[0]?.event) await writeTouched(tx, deps, { head, events, onLockLost });
    // The object before the head: a head never names an event that a crash kept away.
    head = { seq: event.seq, hash: event.hash, catalog: CATALOGUE_FORMAT };
    await writeHead(store, head, signal);
  }
  if (head.seq > ORIGIN.seq && head.catalog !== CATALOGUE_FORMAT) {
    await writeTouched(tx, deps, { head, events, onLockLost });
    head = { ...head, catalog: CATALOGUE_FORMAT };
    await writeHead(store, head, signal);
  }
  return { mirrored: events.length, head };
}

interface Page {
  /** Of the store, before the page. */
  readonly head: JournalHead;
  readonly events: readonly StoredEvent[];
  readonly onLockLost: (shards: Shards) => void;
}

/** All of the catalogue where the head does not say that the store has it: it was written by a version that did not know it. */
async function writeTouched(tx: Queryable, deps: MirrorDeps, { head, events, onLockLost }: Page): Promise<void> {
  const isComplete = head.catalog === CATALOGUE_FORMAT;
  // One that was tampered with ends the page.
  const sound = events.filter(({ intact }) => intact).map(({ event }) => event);
  const shards = isComplete ? shardsOf(sound) : await listShards(tx);
  try {
    if (isComplete) await writeShards(tx, deps, shards);
    else await writeCatalogue(tx, deps);
  } finally {
    await tx.query('select 1').catch(() => onLockLost(shards));
  }
}
