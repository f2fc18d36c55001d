import type { Deadline } from '../clock.ts';
import type { Json, JsonObject } from '../json.ts';
import type { Journal } from './journal.ts';

/** Where a sequence of states stands, and what the state there has come to. Replaced as a whole by each step. */
export interface Position {
  readonly status: 'running' | 'succeeded' | 'failed';
  readonly state: string;
  /** How many states were entered before this one. */
  readonly step: number;
  readonly input: Json;
  readonly variables: JsonObject;
  readonly enteredAt: number;
  /** The history's number of the event by which the state was entered, and of the last one of this sequence. */
  readonly enteredEvent: number;
  readonly lastEvent: number;
  readonly progress: Progress;
  /** Of a sequence that has succeeded. */
  readonly output?: Json;
  /** Of one that has failed. */
  readonly failure?: { readonly name: string; readonly cause: string };
}

/** What a state that is under way has to remember. */
export interface Progress {
  /** Retries, in all and by retrier. */
  readonly retries?: number;
  readonly retriesBy?: readonly number[];
  /** When the next attempt is due. */
  readonly retryAt?: Deadline;
  /** When a Wait state is over. */
  readonly waitUntil?: Deadline;
  /** The attempt of a task that is under way. */
  readonly attempt?: Attempt;
  /** What a Map state goes through, and with which limits. */
  readonly map?: MapRun;
  /** A Parallel state has begun. */
  readonly started?: true;
}

export interface Attempt {
  readonly token?: string;
  /** The handler has returned: it is not called again. */
  readonly submitted?: true;
  /** The execution that is waited for. */
  readonly child?: string;
  readonly timeoutAt?: Deadline;
  readonly heartbeatMs?: number;
}

export interface MapRun {
  readonly items: readonly Json[];
  readonly concurrency: number;
  /** How many failures are one too many; none is given where the first one's error is the state's. */
  readonly tolerated?: number;
}

export function savePosition(journal: Journal, execution: number, path: string, position: Position): void {
  journal.run(
    `insert into position (execution, path, position) values (?, ?, ?)
     on conflict do update set position = excluded.position`,
    execution,
    path,
    JSON.stringify(position),
  );
}

export function readPosition(journal: Journal, execution: number, path: string): Position | undefined {
  const row = journal.get('select position from position where execution = ? and path = ?', execution, path);
  return row && (JSON.parse(String(row.position)) as Position);
}

/** Forgets the sequences inside a state, or of an execution: `prefix` is the path that theirs begin with. */
export function removePositions(journal: Journal, execution: number, prefix: string): void {
  journal.run('delete from position where execution = ? and substr(path, 1, ?) = ?', execution, prefix.length, prefix);
}

/** Lets whatever failed or was cut off begin the state that it stands at again, as a redrive does. */
export function reopenPositions(journal: Journal, execution: number): void {
  for (const row of journal.all('select path, position from position where execution = ?', execution)) {
    const { failure: _, ...position } = JSON.parse(String(row.position)) as Position;
    if (position.status === 'succeeded') continue;
    const { map, started } = position.progress;
    const progress: Progress = { ...(map ? { map } : {}), ...(started ? { started } : {}) };
    savePosition(journal, execution, String(row.path), { ...position, status: 'running', progress });
  }
}
