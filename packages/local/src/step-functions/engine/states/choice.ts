import type { ChoiceState } from '../../definition/state-machine.ts';
import { StateError } from '../../state-error.ts';
import { type Exit, leaveBy } from '../outcome.ts';
import { unexpectedResult } from '../result-type.ts';
import { evaluate, type Scope, whereabouts } from '../scope.ts';

/**
 * Specification, "Choice State": the first rule whose condition is true says where to go on; without any, `Default`,
 * to which the state's own `Assign` and `Output` belong.
 */
export async function runChoice(scope: Scope, state: ChoiceState): Promise<Exit> {
  const { input } = scope.position;
  for (const [index, rule] of state.Choices.entries()) {
    const place = `Choices[${index}]/`;
    const name = `${place}Condition`;
    const { [name]: holds } = await evaluate(scope, { [name]: rule.Condition });
    if (typeof holds !== 'boolean') throw unexpectedResult(scope, name, rule.Condition, 'boolean', holds);
    if (holds) return await leaveBy(scope, rule, { next: rule.Next, output: input }, place);
  }
  if (state.Default !== undefined) return await leaveBy(scope, state, { next: state.Default, output: input });
  const cause = 'Failed to transition out of the state. The state does not point to a next state.';
  throw new StateError('States.NoChoiceMatched', whereabouts(scope) + cause);
}
