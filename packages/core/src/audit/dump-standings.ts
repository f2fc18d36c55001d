import type { Queryable } from '../postgres/database.ts';
import type { DumpStatus } from './new-dump.ts';

/** What the audit knows of a dump_id that was found in a key. */
export interface DumpStanding {
  readonly row?: { readonly key: string; readonly status: DumpStatus | null };
  /** `failed`: nothing but that it failed. */
  readonly events: 'none' | 'failed' | 'some';
}

/** The standing of each of the ids, in one query. */
export async function readStandings(
  db: Queryable,
  dumpIds: readonly number[],
): Promise<(dumpId: number) => DumpStanding> {
  const { rows } = await db.query<{ id: number; key: string | null; status: DumpStatus | null; events: string[] }>(
    `select id, chemin as key, statut as status,
            array(select distinct evenement::text from t39_dump_evenement e where e.dump_id = id) as events
       from unnest($1::bigint[]) as found(id) left join t38_dump_audit t on t.dump_id = id`,
    [dumpIds],
  );
  const standings = new Map(rows.map(({ id, key, status, events }) => [id, standingOf(key, status, events)]));
  return (dumpId) => standings.get(dumpId) ?? { events: 'none' };
}

function standingOf(key: string | null, status: DumpStatus | null, events: readonly string[]): DumpStanding {
  return {
    ...(key === null ? {} : { row: { key, status } }),
    events: events.length === 0 ? 'none' : events.every((event) => event === 'ECHEC') ? 'failed' : 'some',
  };
}
