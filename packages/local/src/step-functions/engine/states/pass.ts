import type { PassState, SucceedState } from '../../definition/state-machine.ts';
import { type Exit, leaveBy } from '../outcome.ts';
import type { Scope } from '../scope.ts';

/** Specification, "Pass State" and "Succeed State": the output is the input, or what `Output` makes of it. */
export async function runPass(scope: Scope, state: PassState | SucceedState): Promise<Exit> {
  const next = state.Type === 'Pass' ? state.Next : undefined;
  return await leaveBy(scope, state, { next, output: scope.position.input });
}
