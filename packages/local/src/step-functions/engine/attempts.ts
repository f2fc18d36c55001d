import { deadlineIn } from '../clock.ts';
import { pointer } from '../definition/problem.ts';
import type { MapState, ParallelState, TaskState } from '../definition/state-machine.ts';
import { removePositions } from '../journal/positions.ts';
import { closeTokens } from '../journal/tokens.ts';
import { StateError } from '../state-error.ts';
import { untilDue } from './deadline.ts';
import { failureEvents } from './failure-events.ts';
import { type Exit, leaveBy } from './outcome.ts';
import { record } from './record.ts';
import { matches, planRetry } from './retry.ts';
import { innerPath, type Scope } from './scope.ts';

/**
 * Tries until it succeeds, a retrier is at its end, or a catcher takes the error over. What is waited for between two
 * attempts is on disk, by its time: a restart waits for the rest of it.
 */
export async function withAttempts(
  scope: Scope,
  state: TaskState | ParallelState | MapState,
  attempt: () => Promise<Exit>,
): Promise<Exit> {
  for (;;) {
    const { retryAt } = scope.position.progress;
    try {
      if (retryAt) await untilDue(scope, retryAt);
      return await attempt();
    } catch (error) {
      if (!(error instanceof StateError)) throw error;
      const retry = planRetry(state.Retry ?? [], scope.position.progress, error, scope.run.deps.random);
      if (!retry) return await caught(scope, state, error);
      const { delayMs, ...counts } = retry;
      await record(scope, {
        events: failureEvents(scope, state, error),
        position: { progress: { ...counts, retryAt: deadlineIn(scope.run.deps.clock, delayMs) } },
        also: () => forgetAttempt(scope),
      });
    }
  }
}

/** What is inside the state begins anew, or is over. */
export function forgetAttempt(scope: Scope): void {
  const { journal } = scope.run.deps;
  removePositions(journal, scope.run.id, innerPath(scope));
  closeTokens(journal, scope.run.id, innerPath(scope));
}

async function caught(scope: Scope, state: TaskState | ParallelState | MapState, error: StateError): Promise<Exit> {
  const index = (state.Catch ?? []).findIndex(({ ErrorEquals }) => matches(ErrorEquals, error));
  const catcher = state.Catch?.[index];
  if (!catcher) throw error;
  // Specification, "Fallback States": the error output, which is also the output by default.
  const errorOutput = { Error: error.name, Cause: error.message };
  scope.pending.push(...failureEvents(scope, state, error));
  return await leaveBy(
    scope,
    catcher,
    { next: catcher.Next, output: errorOutput, errorOutput },
    `${pointer('Catch', index).slice(1)}/`,
  );
}
