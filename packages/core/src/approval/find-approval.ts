import { readApprovalHistories } from '../audit/approval-history.ts';
import { type Approval, selectApprovals } from '../audit/approval-row.ts';
import { AppError } from '../errors.ts';
import type { Queryable } from '../postgres/database.ts';

/** Throws `NotFound`. */
export async function findApproval(db: Queryable, approvalId: number): Promise<Approval> {
  return found(approvalId, await selectApprovals(db, 'where approbation_id = $1', [approvalId]));
}

/**
 * The approval, with its row locked until the transaction ends: who decides on it, uses it or voids it does so alone.
 * Before the journal, which is locked last. Throws `NotFound`, and `Conflict` for a row that is not what the journal has
 * recorded: nobody acts on what somebody has edited.
 */
export async function lockApproval(tx: Queryable, approvalId: number): Promise<Approval> {
  const approval = found(approvalId, await selectApprovals(tx, 'where approbation_id = $1 for update', [approvalId]));
  await expectRecorded(tx, approvalId);
  return approval;
}

/** Throws `Conflict` for a row that is not what the journal has recorded. */
export async function expectRecorded(db: Queryable, approvalId: number): Promise<void> {
  const [history] = await readApprovalHistories(db, 'where approbation_id = $1', [approvalId]);
  if (!history?.problem) return;
  throw new AppError('Conflict', `${history.problem.message}. Run datasens journal verify`, { approvalId });
}

function found(approvalId: number, [approval]: readonly Approval[]): Approval {
  if (approval) return approval;
  throw new AppError('NotFound', `there is no approval ${approvalId}: datasens approvals --all lists them`);
}
