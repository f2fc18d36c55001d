import type { Deps } from '../deps.ts';
import type { Queryable } from '../postgres/database.ts';
import { appendEvent } from './append-event.ts';
import type { Change } from './change.ts';
import { lockTransaction } from './locks.ts';
import { LEDGER_TABLE } from './tables.ts';

/** So many changes are sure to fit into an event. */
const PER_EVENT = 250;

/** Journals that entries of the audit's own ledger are ANNULE, which they are already, as the last of a transaction. */
export async function journalCancellations(tx: Queryable, importIds: readonly number[], user: string): Promise<void> {
  for (let first = 0; first < importIds.length; first += PER_EVENT) {
    const changes = importIds
      .slice(first, first + PER_EVENT)
      .map((id): Change => ({ table: LEDGER_TABLE, op: 'update', row: { import_id: id, statut: 'ANNULE' } }));
    await appendEvent(tx, { event: 'ANNULE', user, changes });
  }
}

/**
 * Journals the entries of the audit's own ledger that are ANNULE and that no event says so of. A restore cancels them in
 * its own transaction, before which nothing is journalled; one that was killed right after it is made up for by the next,
 * or by reconcile. Returns how many there were.
 */
export async function recordCancellations({ db }: Pick<Deps, 'db'>, user: string): Promise<number> {
  return await db.transaction(async (tx) => {
    // Before the question, so that of two who ask it one is told.
    await lockTransaction(tx, 'journal');
    const importIds = await listUntoldCancellations(tx);
    await journalCancellations(tx, importIds, user);
    return importIds.length;
  });
}

/** The entries that `recordCancellations` would journal. */
export async function listUntoldCancellations(db: Queryable): Promise<number[]> {
  const { rows } = await db.query<{ importId: number }>(
    `with told as materialized (
       select (change -> 'row' ->> 'import_id')::bigint as import_id
         from t39_dump_evenement, jsonb_array_elements(changements::jsonb) as change where evenement = 'ANNULE')
     select import_id as "importId" from ${LEDGER_TABLE} e
      where statut = 'ANNULE' and not exists (select from told where told.import_id = e.import_id) order by import_id`,
  );
  return rows.map(({ importId }) => importId);
}
