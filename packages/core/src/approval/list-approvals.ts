import { type Approval, selectApprovals } from '../audit/approval-row.ts';
import type { Queryable } from '../postgres/database.ts';

const MOST = 1_000;

export interface ApprovalList {
  readonly approvals: readonly Approval[];
  /** Whether there are more than these 1,000. */
  readonly more: boolean;
}

/** Those that wait for a decision at `now`, the one whose term ends first first; or `all` of them, the newest first. */
export async function listApprovals(
  db: Queryable,
  { now, all }: { readonly now: Date; readonly all: boolean },
): Promise<ApprovalList> {
  const approvals = all
    ? await selectApprovals(db, `order by approbation_id desc limit ${MOST + 1}`, [])
    : await selectApprovals(
        db,
        `where statut = 'EN_ATTENTE' and date_expiration > $1::timestamp
          order by date_expiration, approbation_id limit ${MOST + 1}`,
        [now.toISOString().replace('Z', '')],
      );
  return { approvals: approvals.slice(0, MOST), more: approvals.length > MOST };
}
