import { pointer } from './problem.ts';
import { innerStates, type State, type StateMachine, type States } from './state-machine.ts';

/** Each sequence of states of a machine, the inner ones after those around them, with its place. */
export function* eachScope(machine: StateMachine): Generator<{ states: States; place: string }> {
  const scopes: { states: States; place: string }[] = [{ states: machine, place: '' }];
  for (const scope of scopes) {
    yield scope;
    for (const [name, state] of Object.entries(scope.states.States)) {
      for (const inner of innerStates(state)) {
        scopes.push({ states: inner.states, place: scope.place + pointer('States', name) + inner.place });
      }
    }
  }
}

/** Each state of a machine, however deep, with its place. */
export function* eachState(machine: StateMachine): Generator<{ name: string; state: State; place: string }> {
  for (const { states, place } of eachScope(machine)) {
    for (const [name, state] of Object.entries(states.States)) {
      yield { name, state, place: place + pointer('States', name) };
    }
  }
}
