import type { Deps } from '../deps.ts';
import { AppError } from '../errors.ts';
import { appendEvent, encodingError } from './append-event.ts';
import { applyChange } from './change.ts';
import type { JournalEvent, NewEvent } from './journal-event.ts';
import { type Mirroring, mirrorAfterCommit } from './mirror-journal.ts';

export interface RecordedEvent extends Mirroring {
  readonly event: JournalEvent;
}

/**
 * Makes the event's changes and appends it, in one transaction, then mirrors. Not idempotent: two calls are two
 * events. A mirror that failed is told in `mirrorError`; the event is durable all the same.
 *
 * Throws `InvalidInput` for an event that the journal cannot hold, `NotFound` for an update of a row that is not
 * there, `Conflict` for an insert of one that is.
 */
export async function recordEvent(
  deps: Pick<Deps, 'db' | 'store' | 'signal'>,
  event: NewEvent,
): Promise<RecordedEvent> {
  expectOneSubject(event);
  deps.signal.throwIfAborted();
  const recorded = await deps.db
    .transaction(async (tx) => {
      for (const change of event.changes ?? []) {
        if (await applyChange(tx, change)) continue;
        const { table, op, row } = change;
        throw new AppError(
          op === 'insert' ? 'Conflict' : 'NotFound',
          `${table} ${op === 'insert' ? 'already has' : 'has no'} row ${JSON.stringify(row)}`,
        );
      }
      return await appendEvent(tx, event);
    })
    .catch((error: unknown) => {
      throw encodingError(error);
    });
  return { event: recorded, ...(await mirrorAfterCommit(deps)) };
}

/** A dump's history is found by the event's dump_id, so a change to its row must carry it. */
function expectOneSubject({ event, dumpId, user, changes = [] }: NewEvent): void {
  if (user !== undefined && [...user].length > 100) {
    throw new AppError('InvalidInput', `utilisateur takes 100 characters, ${JSON.stringify(user)} is longer`);
  }
  for (const { table, row } of changes) {
    if (table === 't38_dump_audit' && row.dump_id !== dumpId) {
      throw new AppError('InvalidInput', `${event} of dump ${dumpId} changes the row of dump ${String(row.dump_id)}`);
    }
  }
}
