import type { Queryable } from '../postgres/database.ts';
import { type DumpFacts, readFacts } from './dump-facts.ts';
import { type DumpRow, selectDumps } from './dump-row.ts';

export type StandingRow = DumpRow & DumpFacts & { readonly createdAt: string };

const PAGE = 1_000;

/**
 * The dumps that have not been deleted, newest first, equal dates by the higher dump_id, a page at a time. Rows without
 * a date, and imports, which store nothing, are left out. What is added or deleted meanwhile makes no other appear
 * twice or not at all.
 */
export async function* listStandingDumps(db: Queryable, signal: AbortSignal): AsyncGenerator<StandingRow> {
  let after: readonly unknown[] = ['infinity', 0];
  for (;;) {
    signal.throwIfAborted();
    const rows = await selectDumps<{ position: string; createdAt: string }>(
      db,
      `where date_creation < 'infinity' and date_creation > '-infinity' and (date_creation, dump_id) < ($1::timestamp, $2)
         and type <> 'IMPORT' and statut in ('ACTIF', 'ARCHIVE')
       order by date_creation desc, dump_id desc limit ${PAGE}`,
      after,
      ['date_creation::text as position'],
    );
    const factsOf = await readFacts(
      db,
      rows.map(({ dumpId }) => dumpId),
    );
    for (const { position, ...dump } of rows) {
      yield { ...dump, ...factsOf(dump.dumpId) };
      after = [position, dump.dumpId];
    }
    if (rows.length < PAGE) return;
  }
}
