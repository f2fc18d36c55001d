import { AppError } from '../errors.ts';
import type { Queryable } from '../postgres/database.ts';
import { sqlState } from '../postgres/server-error.ts';
import { insertEvents } from './insert-events.ts';
import { eventText, type JournalEvent, MAX_EVENT_BYTES, type NewEvent, sealEvent } from './journal-event.ts';
import { lockTransaction } from './locks.ts';

/**
 * Appends an event to T39, as the last statements of the caller's transaction: the lock is held until the commit, so
 * that numbers have no gap and the next event follows a committed one. Rows of T38 are locked before, never after.
 *
 * Throws `InvalidInput` for an event that is too large or not JSON, `Conflict` when the journal has been emptied.
 */
export async function appendEvent(tx: Queryable, event: NewEvent): Promise<JournalEvent> {
  await lockTransaction(tx, 'journal');
  // A statement of its own, after the lock: it sees what the holder before us committed.
  const { rows } = await tx.query<{ seq: number; hash: string; at: string }>(
    'select seq, hash, clock_timestamp()::timestamp as at from t39_dump_evenement order by seq desc limit 1',
  );
  const [tail] = rows;
  if (!tail) {
    throw new AppError(
      'Conflict',
      't39_dump_evenement is empty, and its first event was written when it was created: run datasens journal verify',
    );
  }
  const sealed = sealEvent({
    format: 1,
    seq: tail.seq + 1,
    event: event.event,
    dumpId: event.dumpId ?? null,
    at: tail.at,
    user: event.user ?? null,
    detail: event.detail ?? {},
    changes: event.changes ?? [],
    previousHash: tail.hash,
  });
  expectSize(sealed);
  await insertEvents(tx, [sealed]);
  return sealed;
}

function expectSize(event: JournalEvent): void {
  const sizeBytes = Buffer.byteLength(eventText(event));
  if (sizeBytes <= MAX_EVENT_BYTES) return;
  throw new AppError(
    'InvalidInput',
    `an event of the journal takes ${MAX_EVENT_BYTES} bytes, this ${event.event} has ${sizeBytes}`,
  );
}

const UNTRANSLATABLE = '22P05';

/** Says what to do where the audit database has an encoding that lacks a character of ours. */
export function encodingError(error: unknown): unknown {
  if (sqlState(error) !== UNTRANSLATABLE) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new AppError(
    'InvalidInput',
    `the audit database cannot hold this text (${message}). Leave the character out, or keep the audit in a UTF8 database (AUDIT_DATABASE_URL)`,
    { cause: error },
  );
}
