import { type GuardedStep, listOpenSteps } from '../audit/guarded-step.ts';
import type { Deps } from '../deps.ts';
import { AppError } from '../errors.ts';
import { endStep } from './end-step.ts';

export interface StepRelease {
  /** The attempt that has begun the step, as `datasens steps` names it. */
  readonly execution: string;
  readonly user: string;
  /** Why. */
  readonly comment: string;
}

/**
 * Ends the hold of a step on its tables by hand, whatever its execution does: TERMINE, with who and why. From then on they
 * may be written to, and no workflow restores them. Throws `NotFound` for an execution that has no step under way,
 * `InvalidInput` without a reason.
 */
export async function releaseStep(
  deps: Pick<Deps, 'db' | 'store' | 'signal' | 'log' | 'now'>,
  { execution, user, comment }: StepRelease,
): Promise<GuardedStep> {
  if (!comment.trim()) throw new AppError('InvalidInput', 'a release says why: give it a comment');
  const step = (await listOpenSteps(deps.db)).findLast((open) => open.execution === execution);
  if (!step) {
    throw new AppError(
      'NotFound',
      `the execution ${execution} has no step under way: datasens steps lists those that have`,
    );
  }
  await endStep(deps, { lease: step.lease, outcome: 'released', user, comment });
  return step;
}
