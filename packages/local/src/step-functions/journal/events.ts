import type { JsonObject } from '../json.ts';
import type { Journal } from './journal.ts';

/** An event of an execution's history, to be written. Its details go by the name that the API has for this type. */
export interface NewEvent {
  readonly type: string;
  readonly details?: JsonObject;
}

export interface StoredEvent extends NewEvent {
  readonly id: number;
  readonly previous: number;
  readonly at: number;
}

export function insertEvent(
  journal: Journal,
  execution: number,
  { id, previous, at, type, details }: StoredEvent,
): void {
  journal.run(
    'insert into event (execution, id, previous, at, type, details) values (?, ?, ?, ?, ?, ?)',
    execution,
    id,
    previous,
    at,
    type,
    details === undefined ? null : JSON.stringify(details),
  );
}

/** A page of the history, after (or, backwards, before) event `from`. */
export function listEvents(
  journal: Journal,
  execution: number,
  { from, backwards, limit }: { from: number; backwards: boolean; limit: number },
): StoredEvent[] {
  const rows = journal.all(
    `select id, previous, at, type, details from event
     where execution = ? and id ${backwards ? '<' : '>'} ? order by id ${backwards ? 'desc' : 'asc'} limit ?`,
    execution,
    from,
    limit,
  );
  return rows.map(({ id, previous, at, type, details }) => ({
    id: Number(id),
    previous: Number(previous),
    at: Number(at),
    type: String(type),
    ...(details === null ? {} : { details: JSON.parse(String(details)) as JsonObject }),
  }));
}
