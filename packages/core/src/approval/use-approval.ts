import { appendEvent, encodingError } from '../audit/append-event.ts';
import { useChange, voidChange } from '../audit/approval-change.ts';
import type { Approval } from '../audit/approval-row.ts';
import { applyChange } from '../audit/change.ts';
import { mirrorAfterCommit } from '../audit/mirror-journal.ts';
import type { Deps } from '../deps.ts';
import { AppError } from '../errors.ts';
import type { Queryable } from '../postgres/database.ts';
import { findApproval, lockApproval } from './find-approval.ts';
import { type Intent, judgeApproval, userOf, type Verdict } from './judge-approval.ts';

type ApprovalDeps = Pick<Deps, 'db' | 'store' | 'signal' | 'now'>;

/** An intent whose content is known: it has been read. */
export type CertainIntent = Intent & { readonly sha256: string };

/**
 * Uses an approval, once: UTILISE, right before what it is for becomes visible, and in a transaction of its own, committed
 * before that of the job. A job that is killed in between finds it used by itself, when it is tried again by the same
 * execution or attempt. One that was given for other content, another target or another schema is void: ANNULE.
 *
 * Throws `NotAllowed` where it does not allow this, `NotFound`, and `InvalidInput` without an execution or an attempt.
 */
export async function useApproval(deps: ApprovalDeps, approvalId: number, intent: CertainIntent): Promise<Approval> {
  const usedBy = userOf(intent);
  if (usedBy === undefined) throw new AppError('InvalidInput', 'an approval is used by an execution or an attempt');
  return await settle(deps, approvalId, intent, async (tx) => {
    const change = useChange(approvalId, usedBy);
    await applyChange(tx, change);
    const { user, target } = intent;
    const detail = { approval: approvalId, target, by: usedBy };
    await appendEvent(tx, { event: 'UTILISE', user, detail, changes: [change] });
  });
}

/** The same without using it: for whoever is about to begin. Throws `NotAllowed`, `NotFound`. */
export async function checkApproval(deps: ApprovalDeps, approvalId: number, intent: Intent): Promise<Approval> {
  return await settle(deps, approvalId, intent, async () => undefined);
}

async function settle(
  deps: ApprovalDeps,
  approvalId: number,
  intent: Intent,
  use: (tx: Queryable) => Promise<void>,
): Promise<Approval> {
  const { db, signal } = deps;
  signal.throwIfAborted();
  const verdict = await db
    .transaction(async (tx): Promise<Verdict> => {
      // Of two who would use it at the same time the second waits here, and finds it used.
      const judged = judgeApproval(await lockApproval(tx, approvalId), intent, deps.now());
      if (judged.kind === 'void') await voidApproval(tx, approvalId, judged.because, intent.user);
      if (judged.kind === 'fits') await use(tx);
      return judged;
    })
    .catch((error: unknown) => {
      throw encodingError(error);
    });
  // Whoever is at work here mirrors again at its end, and tells where that is behind.
  await mirrorAfterCommit(deps);
  if (verdict.kind === 'fits' || verdict.kind === 'used') return await findApproval(db, approvalId);
  const { because } = verdict;
  const isVoid = verdict.kind === 'void';
  throw new AppError(
    'NotAllowed',
    `approval ${approvalId} does not allow this: ${because}${isVoid ? '. It is void now: ask for another' : ''}`,
    { approvalId, because, void: isVoid },
  );
}

async function voidApproval(tx: Queryable, approvalId: number, because: string, user: string): Promise<void> {
  const change = voidChange(approvalId, because);
  await applyChange(tx, change);
  await appendEvent(tx, { event: 'ANNULE', user, detail: { approval: approvalId, because }, changes: [change] });
}
