import type { Deps } from '../deps.ts';
import type { Queryable } from '../postgres/database.ts';
import { APPROVAL_EVENTS, APPROVAL_ID } from './approval-events.ts';
import type { ProblemList } from './problems.ts';
import { changesOf, differencesOf, type Values } from './row-history.ts';
import { APPROVAL_TABLE } from './tables.ts';

const PAGE = 500;
/** All but the token, which the journal does not have. */
const COLUMNS =
  'approbation_id, type, cible, checksum_sha256, empreinte_schema, lignes, colonnes, changements, demandeur, date_demande, date_expiration, statut, decideur, date_decision, commentaire, execution, utilise_par, motif_annulation';

/** Compares each row of T41 with what the journal's changes make of it. Each has come by an event. */
export async function checkApprovals(
  { db, signal }: Pick<Deps, 'db' | 'signal'>,
  problems: ProblemList,
): Promise<void> {
  for (let after = Number.MIN_SAFE_INTEGER; ; ) {
    signal.throwIfAborted();
    const rows = await readRows(db, after);
    for (const { seq, changes, ...row } of rows) {
      const id = Number(row.approbation_id);
      const history = changesOf(changes, APPROVAL_TABLE).filter((change) => change.row.approbation_id === id);
      const isRecorded = history.some(({ op }) => op === 'insert');
      const differences = differencesOf(row, history);
      const report = (kind: 'inserted' | 'changed', message: string) =>
        problems.add({
          seq: kind === 'changed' ? seq : null,
          kind,
          where: 'database',
          message: `approval ${id} in ${APPROVAL_TABLE}${message}`,
        });
      if (!isRecorded) report('inserted', ' was asked for without an event');
      else if (differences !== undefined) report('changed', `: ${differences}`);
      after = id;
    }
    if (rows.length < PAGE) break;
  }
  await reportRemoved(db, problems);
}

interface ApprovalRow extends Values {
  /** The last of its events. */
  readonly seq: number | null;
  /** The changes of its events, in order, as they are stored. */
  readonly changes: string[];
}

/** A row and its events in one statement, so in one snapshot: a change that commits meanwhile is in both or neither. */
async function readRows(db: Queryable, after: number): Promise<ApprovalRow[]> {
  const history = `from t39_dump_evenement e where ${APPROVAL_EVENTS} and ${APPROVAL_ID} = t.approbation_id`;
  const { rows } = await db.query<ApprovalRow>(
    `select ${COLUMNS}, (select max(e.seq) ${history}) as seq,
            array(select e.changements ${history} order by e.seq) as changes
       from ${APPROVAL_TABLE} t where approbation_id > $1::bigint order by approbation_id limit ${PAGE}`,
    [after],
  );
  return rows;
}

async function reportRemoved(db: Queryable, problems: ProblemList): Promise<void> {
  const { rows } = await db.query<{ seq: number; id: number }>(
    `select seq, ${APPROVAL_ID} as id from t39_dump_evenement e
      where evenement = 'DEMANDE' and ${APPROVAL_ID} is not null
        and not exists (select from ${APPROVAL_TABLE} t where t.approbation_id = ${APPROVAL_ID})
      order by seq limit 1000`,
  );
  for (const { seq, id } of rows) {
    const message = `approval ${id} has no row in ${APPROVAL_TABLE}`;
    problems.add({ seq, kind: 'removed', where: 'database', message });
  }
}
