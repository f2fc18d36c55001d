import type { Json } from '../json.ts';
import { isExpression, referencesOf, sourceOf, stringsIn } from './expression.ts';
import { expressionFields } from './expression-fields.ts';
import { FUNCTIONS } from './functions.ts';
import { type Problem, pointer } from './problem.ts';
import { innerStates, type State, type StateMachine, type States } from './state-machine.ts';
import { exitsOf } from './transitions.ts';

/**
 * Expressions that JSONata cannot read, or that refer to what is not there: variables that no state on the way
 * assigns, functions that Step Functions lacks, and fields of `$states` that another place has (AWS Step Functions
 * Developer Guide, "Transforming data with JSONata" and "Passing data between states with variables").
 */
export function checkExpressions(machine: StateMachine): Problem[] {
  return checkScope(machine, '', new Set());
}

function checkScope(states: States, place: string, outer: ReadonlySet<string>): Problem[] {
  const problems: Problem[] = [];
  const known = variablesAt(states, outer);
  for (const [name, state] of Object.entries(states.States)) {
    const at = place + pointer('States', name);
    const variables = known.get(name) ?? outer;
    for (const { place: field, value, readable } of expressionFields(state)) {
      problems.push(...checkValue(value, at + field, variables, readable));
    }
    problems.push(...checkNames(state, at, outer));
    for (const inner of innerStates(state)) problems.push(...checkScope(inner.states, at + inner.place, variables));
  }
  return problems;
}

/** What may be assigned when a state is entered: on any way from the start. */
function variablesAt(states: States, outer: ReadonlySet<string>): Map<string, Set<string>> {
  const known = new Map([[states.StartAt, new Set(outer)]]);
  const changed = [states.StartAt];
  for (let name = changed.pop(); name !== undefined; name = changed.pop()) {
    const state = Object.hasOwn(states.States, name) ? states.States[name] : undefined;
    for (const { next, assign = {} } of state ? exitsOf(state) : []) {
      const before = known.get(next);
      const after = new Set([...(before ?? []), ...(known.get(name) ?? []), ...Object.keys(assign)]);
      if (before && before.size === after.size) continue;
      known.set(next, after);
      changed.push(next);
    }
  }
  return known;
}

function checkValue(
  value: Json,
  place: string,
  variables: ReadonlySet<string>,
  readable: readonly string[],
): Problem[] {
  const problems: Problem[] = [];
  for (const { text, place: inside } of stringsIn(value)) {
    const fail = (problem: string) =>
      problems.push({ code: 'INVALID_EXPRESSION', text: problem, place: place + inside });
    if (!isExpression(text)) {
      if (text.startsWith('{%')) fail('an expression that begins with {% must end with %}');
      continue;
    }
    try {
      const { names, states } = referencesOf(sourceOf(text));
      for (const name of names) {
        if (name !== 'states' && !FUNCTIONS.has(name) && !variables.has(name)) fail(`$${name} is not defined here`);
      }
      for (const [field] of states) {
        if (field !== undefined && !readable.includes(field)) fail(`$states.${field} is not there in this field`);
      }
    } catch (error) {
      fail(`JSONata cannot read it: ${(error as Error).message}`);
    }
  }
  return problems;
}

/** Identifiers of Unicode, of at most 80 characters; none of an outer scope, which an inner one cannot change. */
function checkNames(state: State, place: string, outer: ReadonlySet<string>): Problem[] {
  const problems: Problem[] = [];
  for (const { place: field, value } of expressionFields(state)) {
    if (!field.endsWith('/Assign') || typeof value !== 'object') continue;
    for (const name of Object.keys(value ?? {})) {
      const fail = (text: string) =>
        problems.push({ code: 'SCHEMA_VALIDATION_FAILED', text, place: place + field + pointer(name) });
      if (name === 'states') fail('the variable $states is reserved');
      else if (!/^[\p{ID_Start}_][\p{ID_Continue}]{0,79}$/u.test(name)) fail(`"${name}" is not the name of a variable`);
      else if (outer.has(name)) fail(`the variable $${name} of an outer scope cannot be assigned here`);
    }
  }
  return problems;
}
