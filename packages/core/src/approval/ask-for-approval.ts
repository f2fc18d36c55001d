import type { Approval } from '../audit/approval-row.ts';
import type { Deps } from '../deps.ts';
import { answerWaiting } from './answer-waiting.ts';
import { type ApprovalRequest, requestApproval } from './request-approval.ts';

/** Tells those who may decide. Called at least once for a request that waits, and again for one that is asked again. */
export type TellApprovers = (approval: Approval) => Promise<void>;

/**
 * Asks for approval on behalf of a state that waits: records the request, then tells the approvers, so that whoever is
 * told finds it. A state that is retried asks again, by a token of its own; where it was decided meanwhile, it is answered
 * at once. Throws what `requestApproval`, `tell` and `answerWaiting` throw; called again, it goes on where it was.
 */
export async function askForApproval(
  deps: Pick<Deps, 'db' | 'store' | 'signal' | 'now'>,
  request: ApprovalRequest,
  tell: TellApprovers,
): Promise<Approval> {
  const { approval } = await requestApproval(deps, request);
  if ((await answerWaiting(deps, approval.approvalId)) === 'undecided') await tell(approval);
  return approval;
}
