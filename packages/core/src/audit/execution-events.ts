import type { Queryable } from '../postgres/database.ts';
import type { EventName, JournalEvent } from './journal-event.ts';

/** What the execution of a workflow has journalled about a dump, the last of it first. */
export async function listExecutionEvents(
  db: Queryable,
  { execution, dumpId }: { readonly execution: string; readonly dumpId: number },
  events: readonly EventName[],
): Promise<Pick<JournalEvent, 'event' | 'detail'>[]> {
  const { rows } = await db.query<{ event: EventName; detail: string }>(
    `select evenement as event, detail from t39_dump_evenement
      where dump_id = $1 and evenement = any($2) and substring(detail from '"execution":"([^"]*)"') = $3
      order by seq desc`,
    [dumpId, events, execution],
  );
  return rows.map(({ event, detail }) => ({ event, detail: JSON.parse(detail) as JournalEvent['detail'] }));
}
