import { AppError, isAppError } from '../errors.ts';
import type { Queryable } from '../postgres/database.ts';
import type { BlobStore } from '../storage/blob-store.ts';
import { type JournalHead, ORIGIN, readHead } from './journal-store.ts';
import { readEvents } from './read-events.ts';
import { findHeadlessRebuilding, isRebuildingFrom } from './rebuilding.ts';

/**
 * Where the mirror goes on: behind the store's head, which must name an event of T39, unchanged; else the two are not one
 * journal. A head whose event was lost, or that could not be read, is what a rebuilding follows: the process may have
 * been killed before it wrote the head anew. Throws `Conflict`.
 */
export async function mirrorAnchor(tx: Queryable, store: BlobStore, signal: AbortSignal): Promise<JournalHead> {
  const head = await readHead(store, signal).catch(async (error: unknown) => {
    const rebuilt = isAppError(error, 'Conflict') && (await findHeadlessRebuilding(tx, store.uri));
    if (rebuilt) return rebuilt;
    throw error;
  });
  if (head.seq === ORIGIN.seq) return (await findHeadlessRebuilding(tx, store.uri)) ?? ORIGIN;
  const [stored] = await readEvents(tx, head.seq - 1, 1);
  if (stored?.event.seq === head.seq && stored.event.hash === head.hash) return head;
  if (stored && isRebuildingFrom(stored.event, head, store.uri)) return head;
  throw new AppError(
    'Conflict',
    stored
      ? `journal fork: event ${head.seq} of t39_dump_evenement is not the one mirrored in ${store.uri}. Does DATASENS_STORAGE belong to another audit database? Run datasens journal verify`
      : `${store.uri} holds the journal up to event ${head.seq}, t39_dump_evenement ends before: the audit database was rewound or cut. Run datasens journal verify, or, with a new audit database, datasens catalog rebuild`,
    { seq: head.seq },
  );
}
