import { eventText, type JournalEvent } from '../audit/journal-event.ts';
import { readSmall } from '../audit/journal-store.ts';
import { AppError, isAppError } from '../errors.ts';
import type { BlobStore } from '../storage/blob-store.ts';

export const TOMBSTONES = 'tombstones/';

/** Where the tombstone of what was below `prefix` stands; nothing ever deletes it. */
export function tombstoneKey(prefix: string): string {
  return `${TOMBSTONES}${prefix.replace(/\/$/, '')}.json`;
}

/**
 * Writes the tombstone: the mark itself, as the journal sealed it, so that whoever finds the bucket alone knows by the
 * dump's own name that it was to be deleted, and can check it. Once; the same again is done. Throws `Conflict` for
 * another one.
 */
export async function putTombstone(
  store: BlobStore,
  prefix: string,
  mark: JournalEvent,
  signal: AbortSignal,
): Promise<void> {
  const key = tombstoneKey(prefix);
  const text = eventText(mark);
  try {
    await store.put(key, [Buffer.from(text)], { ifAbsent: true, signal });
  } catch (error) {
    if (!isAppError(error, 'Conflict')) throw error;
    if ((await readSmall(store, key, signal)) === text) return;
    throw new AppError('Conflict', `${store.uriOf(key)} is the tombstone of another deletion`, { cause: error, key });
  }
}
