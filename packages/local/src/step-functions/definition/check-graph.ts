import { eachScope, eachState } from './each-scope.ts';
import { type Problem, pointer } from './problem.ts';
import type { StateMachine } from './state-machine.ts';
import { exitsOf } from './transitions.ts';

/**
 * States that are missing, cannot be reached, or share a name (Amazon States Language specification, "Transitions",
 * and "States": names are unique within the whole machine).
 */
export function checkGraph(machine: StateMachine): Problem[] {
  const problems: Problem[] = [];
  for (const { states, place } of eachScope(machine)) {
    const missing = (name: string, at: string): void => {
      problems.push({ code: 'MISSING_TRANSITION_TARGET', text: `no state "${name}" is in reach`, place: place + at });
    };
    if (!Object.hasOwn(states.States, states.StartAt)) missing(states.StartAt, '/StartAt');
    const reached = new Set([states.StartAt]);
    for (const name of reached) {
      const state = Object.hasOwn(states.States, name) ? states.States[name] : undefined;
      for (const { next, place: at } of state ? exitsOf(state) : []) {
        if (!Object.hasOwn(states.States, next)) missing(next, pointer('States', name) + at);
        reached.add(next);
      }
    }
    for (const name of Object.keys(states.States)) {
      if (reached.has(name)) continue;
      const text = `the state "${name}" cannot be reached`;
      problems.push({ code: 'MISSING_TRANSITION_TARGET', text, place: place + pointer('States', name) });
    }
  }
  return [...problems, ...sharedNames(machine)];
}

function sharedNames(machine: StateMachine): Problem[] {
  const seen = new Set<string>();
  const problems: Problem[] = [];
  for (const { name, place } of eachState(machine)) {
    if (seen.has(name)) {
      problems.push({ code: 'SCHEMA_VALIDATION_FAILED', text: `another state has the name "${name}"`, place });
    }
    seen.add(name);
  }
  return problems;
}
