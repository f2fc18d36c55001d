import type { ParallelState } from '../../definition/state-machine.ts';
import type { Json } from '../../json.ts';
import { StateError } from '../../state-error.ts';
import { NO_ENDING, walkInside } from '../inner-scopes.ts';
import { type Exit, leaveBy } from '../outcome.ts';
import { expectPayload } from '../payload.ts';
import { record } from '../record.ts';
import { evaluate, type Scope } from '../scope.ts';
import { together } from '../together.ts';

/** Specification, "Parallel State": all branches, each with the same input; the first that fails ends the others. */
export async function runParallel(scope: Scope, state: ParallelState): Promise<Exit> {
  const { Arguments } = await evaluate(scope, { Arguments: state.Arguments });
  const input = Arguments ?? (state.Arguments === undefined ? scope.position.input : null);
  const { retryAt: _, ...progress } = scope.position.progress;
  if (!progress.started) {
    await record(scope, {
      events: [{ type: 'ParallelStateStarted' }],
      position: { progress: { ...progress, started: true } },
    });
  }
  const result: Json[] = [];
  await together(scope, state.Branches.length, state.Branches.length, async (index, signal) => {
    const states = state.Branches[index] ?? state.Branches[0];
    if (!states) return;
    try {
      result[index] = await walkInside(scope, { index, states, signal, ending: NO_ENDING, input: async () => input });
    } catch (error) {
      if (!(error instanceof StateError)) throw error;
      // It keeps the name that it has in the branch.
      throw new StateError(error.name, error.message, { aliases: ['States.BranchFailed'] });
    }
  });
  scope.pending.push({ type: 'ParallelStateSucceeded' });
  expectPayload(result, scope.position.state);
  return await leaveBy(scope, state, { next: state.Next, output: result, result });
}
