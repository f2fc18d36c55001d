import { insertEvent, type NewEvent } from '../journal/events.ts';
import { type Position, savePosition } from '../journal/positions.ts';
import { whenThereIsRoom } from './room.ts';
import type { Scope } from './scope.ts';

/** Developer Guide, "Service quotas": the last event of the history is the one that says so. */
export const MAX_EVENTS = 25_000;

/** The history is as long as it may be: the execution fails, whatever its states would catch. */
export class HistoryFull extends Error {
  constructor() {
    super(`The execution reached the maximum number of history events (${MAX_EVENTS}).`);
    this.name = 'HistoryFull';
  }
}

export interface Step {
  readonly events?: readonly NewEvent[];
  /** What changes in the position. */
  readonly position: Partial<Position>;
  /** The last of the events is the one by which the state of the position is entered. */
  readonly enters?: boolean;
  /** What else is written together with it. */
  readonly also?: (() => void) | undefined;
}

/**
 * Takes a sequence one step further, on disk first: events and position, all or nothing. While the disk is full it
 * waits. Throws the signal's reason if the sequence is of no use any more, `HistoryFull` if there is no event left.
 */
export async function record(scope: Scope, step: Step): Promise<void> {
  const events = [...scope.pending, ...(step.events ?? [])];
  await whenThereIsRoom(scope.run.deps, scope.signal, () => {
    // One is kept for the end.
    if (scope.run.events + events.length >= MAX_EVENTS) throw new HistoryFull();
    scope.position = scope.run.deps.journal.transaction(() => write(scope, events, step));
    // The sequences of an execution take turns: others have written since it began to wait.
    scope.run.events += events.length;
    scope.pending = [];
  });
}

function write(scope: Scope, events: readonly NewEvent[], { position, enters, also }: Step): Position {
  const { run, path } = scope;
  const { journal, clock } = run.deps;
  let { lastEvent } = scope.position;
  for (const [index, event] of events.entries()) {
    const id = run.events + 1 + index;
    insertEvent(journal, run.id, { ...event, id, previous: lastEvent, at: clock.now() });
    lastEvent = id;
  }
  const next = { ...scope.position, ...position, lastEvent, ...(enters ? { enteredEvent: lastEvent } : {}) };
  savePosition(journal, run.id, path, next);
  journal.run('update execution set events = ? where id = ?', run.events + events.length, run.id);
  also?.();
  return next;
}
