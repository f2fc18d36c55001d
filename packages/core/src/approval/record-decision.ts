import { appendEvent, encodingError } from '../audit/append-event.ts';
import { decisionChange } from '../audit/approval-change.ts';
import type { Approval } from '../audit/approval-row.ts';
import { applyChange } from '../audit/change.ts';
import { type Mirroring, mirrorAfterCommit } from '../audit/mirror-journal.ts';
import type { Deps } from '../deps.ts';
import { AppError } from '../errors.ts';
import { findApproval, lockApproval } from './find-approval.ts';
import { isSamePerson, mayBeSamePerson } from './same-person.ts';

export interface DecisionRequest {
  readonly approvalId: number;
  readonly decision: 'approved' | 'rejected';
  /** Who decides. */
  readonly user: string;
  /** Why; a rejection says it. */
  readonly comment?: string | undefined;
}

export interface RecordedDecision extends Mirroring {
  readonly approval: Approval;
  /** False where the same person had decided the same before. */
  readonly changed: boolean;
}

/**
 * Records a decision, APPROUVE or REFUSE in the journal. It is final: the same by the same person is done already, any
 * other is a `Conflict`. Throws `NotFound`; `NotAllowed` where the one who asks would decide, and where the term is over;
 * `InvalidInput` for a rejection without a reason.
 */
export async function recordDecision(
  deps: Pick<Deps, 'db' | 'store' | 'signal' | 'now'>,
  { approvalId, decision, user, comment }: DecisionRequest,
): Promise<RecordedDecision> {
  const { db, signal } = deps;
  const status = decision === 'approved' ? 'APPROUVE' : 'REFUSE';
  if (status === 'REFUSE' && !comment?.trim()) {
    throw new AppError('InvalidInput', 'a rejection says why: give it a comment');
  }
  signal.throwIfAborted();
  const changed = await db
    .transaction(async (tx) => {
      // Whoever decides at the same time waits here, and finds it decided.
      const approval = await lockApproval(tx, approvalId);
      const now = deps.now();
      if (!expectDecidable(approval, { decision, user, now })) return false;
      const change = decisionChange(approvalId, { status, by: user, at: now, comment: comment ?? null });
      await applyChange(tx, change);
      const detail = { approval: approvalId, ...(comment === undefined ? {} : { comment }) };
      await appendEvent(tx, { event: status, user, detail, changes: [change] });
      return true;
    })
    .catch((error: unknown) => {
      throw encodingError(error);
    });
  return { approval: await findApproval(db, approvalId), changed, ...(await mirrorAfterCommit(deps)) };
}

/** False for what is done already. */
function expectDecidable(
  approval: Approval,
  { decision, user, now }: Pick<DecisionRequest, 'decision' | 'user'> & { readonly now: Date },
): boolean {
  const { approvalId, requestedBy, expiresAt, decidedBy, decidedAt, status } = approval;
  if (mayBeSamePerson(requestedBy, user)) {
    throw new AppError('NotAllowed', `${user} has asked for approval ${approvalId}: another person decides on it`, {
      approvalId,
    });
  }
  if (decidedBy !== null) {
    const was = status === 'REFUSE' ? 'rejected' : 'approved';
    if (was === decision && isSamePerson(decidedBy, user)) return false;
    throw new AppError('Conflict', `approval ${approvalId} was ${was} by ${decidedBy} at ${decidedAt}: that is final`, {
      approvalId,
      status,
      decidedBy,
      decidedAt,
    });
  }
  if (status === 'EN_ATTENTE' && now < new Date(expiresAt)) return true;
  throw new AppError(
    'NotAllowed',
    `approval ${approvalId} expired at ${expiresAt}: nobody decides on it any more. It has to be asked for again`,
    { approvalId, expiresAt },
  );
}
