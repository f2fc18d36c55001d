import { eachState } from './each-scope.ts';
import { type Problem, pointer } from './problem.ts';
import type { StateMachine } from './state-machine.ts';

/**
 * `States.ALL` stands alone, and in the last retrier or catcher (Amazon States Language specification, "Retrying After
 * Error" and "Fallback States").
 */
export function checkErrorNames(machine: StateMachine): Problem[] {
  const problems: Problem[] = [];
  for (const { state, place } of eachState(machine)) {
    for (const field of ['Retry', 'Catch'] as const) {
      const rules = (field in state ? state[field as keyof typeof state] : undefined) as
        | readonly { readonly ErrorEquals: readonly string[] }[]
        | undefined;
      for (const [index, { ErrorEquals }] of (rules ?? []).entries()) {
        if (!ErrorEquals.includes('States.ALL')) continue;
        if (ErrorEquals.length === 1 && index === (rules?.length ?? 0) - 1) continue;
        const text = `States.ALL must stand alone, in the last entry of ${field}`;
        const at = place + pointer(field, index, 'ErrorEquals');
        problems.push({ code: 'SCHEMA_VALIDATION_FAILED', text, place: at });
      }
    }
  }
  return problems;
}
