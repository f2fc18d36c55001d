import type { Deps } from '../deps.ts';
import { answerWaiting, type Waiting } from './answer-waiting.ts';
import { type DecisionRequest, type RecordedDecision, recordDecision } from './record-decision.ts';

export interface Decided extends RecordedDecision {
  /** What the state that waits was told. */
  readonly waiting: Waiting;
}

/**
 * Decides on an approval, and tells the state that waits for it. Recorded first, told after: the journal knows of each
 * decision that has had an effect. Where it cannot be told the decision stands, and the same decision once more, or
 * reconcile, tells it. Throws what `recordDecision` and `answerWaiting` throw.
 */
export async function decideApproval(
  deps: Pick<Deps, 'db' | 'store' | 'signal' | 'now'>,
  request: DecisionRequest,
): Promise<Decided> {
  const recorded = await recordDecision(deps, request);
  return { ...recorded, waiting: await answerWaiting(deps, request.approvalId) };
}
