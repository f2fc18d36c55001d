import { appendEvent } from '../audit/append-event.ts';
import { type EndDetail, findStep, type GuardedStep, listRecentSteps } from '../audit/guarded-step.ts';
import { lockTransaction } from '../audit/locks.ts';
import { mirrorAfterCommit } from '../audit/mirror-journal.ts';
import type { Deps } from '../deps.ts';
import type { Queryable } from '../postgres/database.ts';
import { executionOf } from './execution-of.ts';

export interface StepEnd {
  /** Null where whoever began it was not told: then it is what the execution has begun and nobody has called. */
  readonly lease: number | null;
  readonly outcome: EndDetail['outcome'];
  readonly user: string;
  readonly comment?: string | undefined;
}

/**
 * Ends the hold of a step on its tables: TERMINE, once however often it is called. `ended` is false where there is none, or
 * where it was ended before.
 */
export async function endStep(
  deps: Pick<Deps, 'db' | 'store' | 'signal' | 'log' | 'now' | 'execution'>,
  { lease, outcome, user, comment }: StepEnd,
): Promise<{ readonly ended: boolean }> {
  const ended = await deps.db.transaction(async (tx) => {
    // Before the question, so that of two calls at once one ends it.
    await lockTransaction(tx, 'journal');
    const begun = lease === null ? await findUncalled(tx, deps) : await findStep(tx, lease);
    if (!begun || begun.ended) return false;
    const { execution, step } = begun;
    const detail = { lease: begun.lease, execution, step, outcome, ...(comment === undefined ? {} : { comment }) };
    await appendEvent(tx, { event: 'TERMINE', user, detail });
    return true;
  });
  const { mirrorError } = await mirrorAfterCommit(deps);
  if (mirrorError) deps.log(`the journal's mirror is behind, the next command catches up: ${String(mirrorError)}`);
  return { ended };
}

async function findUncalled(tx: Queryable, deps: Pick<Deps, 'now' | 'execution'>): Promise<GuardedStep | undefined> {
  const execution = executionOf(deps);
  const steps = await listRecentSteps(tx, deps.now());
  return steps.find((step) => step.execution === execution && !step.ended && step.owed === null);
}
