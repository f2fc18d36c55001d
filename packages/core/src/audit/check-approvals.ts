import type { Deps } from '../deps.ts';
import type { Queryable } from '../postgres/database.ts';
import { APPROVAL_ID } from './approval-events.ts';
import { readApprovalHistories } from './approval-history.ts';
import type { ProblemList } from './problems.ts';
import { APPROVAL_TABLE } from './tables.ts';

const PAGE = 500;

/** Compares each row of T41 with what the journal's changes make of it. Each has come by an event. */
export async function checkApprovals(
  { db, signal }: Pick<Deps, 'db' | 'signal'>,
  problems: ProblemList,
): Promise<void> {
  for (let after = Number.MIN_SAFE_INTEGER; ; ) {
    signal.throwIfAborted();
    const histories = await readApprovalHistories(
      db,
      `where approbation_id > $1::bigint order by approbation_id limit ${PAGE}`,
      [after],
    );
    for (const { approvalId, seq, problem } of histories) {
      if (problem) problems.add({ ...problem, seq: problem.kind === 'changed' ? seq : null, where: 'database' });
      after = approvalId;
    }
    if (histories.length < PAGE) break;
  }
  await reportRemoved(db, problems);
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
