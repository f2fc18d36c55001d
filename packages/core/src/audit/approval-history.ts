import type { Queryable } from '../postgres/database.ts';
import { APPROVAL_EVENTS, APPROVAL_ID } from './approval-events.ts';
import { changesOf, differencesOf, type Values } from './row-history.ts';
import { APPROVAL_TABLE } from './tables.ts';

/** All but the token, which the journal does not have. */
const COLUMNS =
  'approbation_id, type, cible, checksum_sha256, empreinte_schema, lignes, colonnes, changements, demandeur, date_demande, date_expiration, statut, decideur, date_decision, commentaire, execution, utilise_par, motif_annulation';

/** A row of T41, held against the changes of its events. */
export interface ApprovalHistory {
  readonly approvalId: number;
  /** The last of its events. */
  readonly seq: number | null;
  /** `inserted`: no event has asked for it. `changed`: it is not what its events make of it. */
  readonly problem?: { readonly kind: 'inserted' | 'changed'; readonly message: string };
}

interface Row extends Values {
  readonly seq: number | null;
  /** The changes of its events, in order, as they are stored. */
  readonly changes: string[];
}

/**
 * The rows that `clause` (everything after `from t41_approbation t`) selects. A row and its events in one statement, so in
 * one snapshot: a change that commits meanwhile is in both or neither.
 */
export async function readApprovalHistories(
  db: Queryable,
  clause: string,
  params: readonly unknown[],
): Promise<ApprovalHistory[]> {
  const history = `from t39_dump_evenement e where ${APPROVAL_EVENTS} and ${APPROVAL_ID} = t.approbation_id`;
  const { rows } = await db.query<Row>(
    `select ${COLUMNS}, (select max(e.seq) ${history}) as seq,
            array(select e.changements ${history} order by e.seq) as changes
       from ${APPROVAL_TABLE} t ${clause}`,
    params,
  );
  return rows.map(({ seq, changes, ...row }) => historyOf(row, seq, changes));
}

function historyOf(row: Values, seq: number | null, changes: readonly string[]): ApprovalHistory {
  const approvalId = Number(row.approbation_id);
  const history = changesOf(changes, APPROVAL_TABLE).filter((change) => change.row.approbation_id === approvalId);
  const named = `approval ${approvalId} in ${APPROVAL_TABLE}`;
  if (!history.some(({ op }) => op === 'insert')) {
    return { approvalId, seq, problem: { kind: 'inserted', message: `${named} was asked for without an event` } };
  }
  const differences = differencesOf(row, history);
  if (differences === undefined) return { approvalId, seq };
  return { approvalId, seq, problem: { kind: 'changed', message: `${named}: ${differences}` } };
}
