import { lockTransaction } from '../audit/locks.ts';
import { readEvents } from '../audit/read-events.ts';
import { findHeadlessRebuilding, isRebuildingFrom } from '../audit/rebuilding.ts';
import { APPROVAL_TABLE, LEDGER_TABLE } from '../audit/tables.ts';
import type { Deps } from '../deps.ts';
import { AppError } from '../errors.ts';
import type { Queryable } from '../postgres/database.ts';
import type { StoredJournal } from './stored-journal.ts';

/**
 * Keeps everybody else from the audit until the transaction ends; readers go on. The tables first, for whoever writes
 * takes the locks in that order.
 */
export async function lockAudit(tx: Queryable): Promise<void> {
  await tx.query(`lock table ${LEDGER_TABLE}, t38_dump_audit, ${APPROVAL_TABLE}, t39_dump_evenement in exclusive mode`);
  await lockTransaction(tx, 'journal');
  await lockTransaction(tx, 'mirror');
}

/**
 * Whether the audit has the bucket's journal already, be it from an earlier rebuilding; else it must be as `migrate` made
 * it. Throws `Conflict`.
 */
export async function isRestored(
  tx: Queryable,
  { store }: Pick<Deps, 'store'>,
  { head }: StoredJournal,
): Promise<boolean> {
  if (head) {
    const [stored] = await readEvents(tx, head.seq - 1, 1);
    if (stored && stored.event.seq === head.seq && stored.event.hash === head.hash) return true;
    if (stored && isRebuildingFrom(stored.event, head, store.uri)) return true;
  } else if (await findHeadlessRebuilding(tx, store.uri)) return true;

  const { rows } = await tx.query<Found>(
    `select (select count(*) from t38_dump_audit) as dumps, (select count(*) from ${LEDGER_TABLE}) as imports,
            (select count(*) from ${APPROVAL_TABLE}) as approvals, count(*) as events, coalesce(bool_and(seq = 1 and evenement = 'INITIALISE'), false) as pristine
       from t39_dump_evenement`,
  );
  const [{ pristine, ...found } = NOTHING] = rows;
  const { dumps, imports, approvals, events } = found;
  if (pristine && dumps + imports + approvals === 0) return false;
  throw new AppError(
    'Conflict',
    `the audit database is not empty (${dumps} dumps, ${imports} imports, ${approvals} approvals, ${events} events), and its journal is not that of ${store.uri}: ` +
      'create a new database, set AUDIT_DATABASE_URL to it, and run datasens catalog rebuild again',
    found,
  );
}

const NOTHING = { dumps: 0, imports: 0, approvals: 0, events: 0, pristine: false };
type Found = typeof NOTHING;
