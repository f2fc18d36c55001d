import type { Json } from '../json.ts';
import { pointer } from './problem.ts';
import type { Outcome, State } from './state-machine.ts';

export interface ExpressionField {
  readonly place: string;
  readonly value: Json;
  /** The fields of `$states` that are there. */
  readonly readable: readonly string[];
}

const ENTERED = ['input', 'context'];
const DONE = [...ENTERED, 'result'];
const FAILED = [...ENTERED, 'errorOutput'];

const SINGLE_FIELDS = [
  'Arguments',
  'TimeoutSeconds',
  'HeartbeatSeconds',
  'Items',
  'ItemSelector',
  'MaxConcurrency',
  'ToleratedFailureCount',
  'ToleratedFailurePercentage',
  'Seconds',
  'Timestamp',
  'Error',
  'Cause',
] as const;

/** Where a state may have expressions, and which parts of `$states` each may read (Developer Guide, "Reserved variable"). */
export function expressionFields(state: State): ExpressionField[] {
  const fields: ExpressionField[] = [];
  const add = (place: string, value: Json | undefined, readable: readonly string[]) => {
    if (value !== undefined) fields.push({ place, value, readable });
  };
  const addOutcome = (place: string, { Assign, Output }: Outcome, readable: readonly string[]) => {
    add(`${place}/Assign`, Assign, readable);
    add(`${place}/Output`, Output, readable);
  };
  for (const name of SINGLE_FIELDS) add(pointer(name), (state as unknown as Record<string, Json>)[name], ENTERED);
  const hasResult = state.Type === 'Task' || state.Type === 'Parallel' || state.Type === 'Map';
  addOutcome('', state as Outcome, hasResult ? DONE : ENTERED);
  if ('Catch' in state) {
    for (const [index, catcher] of (state.Catch ?? []).entries()) addOutcome(pointer('Catch', index), catcher, FAILED);
  }
  if (state.Type === 'Choice') {
    for (const [index, rule] of state.Choices.entries()) {
      add(pointer('Choices', index, 'Condition'), rule.Condition, ENTERED);
      addOutcome(pointer('Choices', index), rule, ENTERED);
    }
  }
  return fields;
}
