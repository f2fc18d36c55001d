import type { Queryable } from '../postgres/database.ts';
import { canonicalJson } from './canonical-json.ts';
import type { JournalEvent } from './journal-event.ts';

/** What event 1 of a database that has nothing else becomes. */
const REPLACING = `on conflict (seq) do update set
  (evenement, dump_id, date_evenement, utilisateur, detail, changements, hash_precedent, hash)
  = (excluded.evenement, excluded.dump_id, excluded.date_evenement, excluded.utilisateur, excluded.detail,
     excluded.changements, excluded.hash_precedent, excluded.hash)`;

/** Inserts sealed events into T39 as they are, in one statement; `replacing` those that have their numbers. */
export async function insertEvents(
  tx: Queryable,
  events: readonly JournalEvent[],
  { replacing = false }: { readonly replacing?: boolean } = {},
): Promise<void> {
  const column = <T>(value: (event: JournalEvent) => T) => events.map(value);
  await tx.query(
    `insert into t39_dump_evenement
       (seq, evenement, dump_id, date_evenement, utilisateur, detail, changements, hash_precedent, hash)
     select * from unnest($1::bigint[], $2::text[], $3::bigint[], $4::timestamp[], $5::text[], $6::text[], $7::text[],
                          $8::text[], $9::text[]) ${replacing ? REPLACING : ''}`,
    [
      column(({ seq }) => seq),
      column(({ event }) => event),
      column(({ dumpId }) => dumpId),
      column(({ at }) => at),
      column(({ user }) => user),
      column(({ detail }) => canonicalJson(detail)),
      column(({ changes }) => canonicalJson(changes)),
      column(({ previousHash }) => previousHash),
      column(({ hash }) => hash),
    ],
  );
}
