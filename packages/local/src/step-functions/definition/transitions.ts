import type { JsonObject } from '../json.ts';
import { pointer } from './problem.ts';
import type { State } from './state-machine.ts';

/** A way out of a state: to which, where that stands, and what it assigns. */
export interface Exit {
  readonly next: string;
  readonly place: string;
  readonly assign: JsonObject | undefined;
}

/** Every way out of a state, errors included, but for the end of the sequence. */
export function exitsOf(state: State): Exit[] {
  const exits: Exit[] = [];
  if ('Next' in state && state.Next !== undefined) {
    exits.push({ next: state.Next, place: '/Next', assign: state.Assign });
  }
  if ('Catch' in state) {
    for (const [index, { Next, Assign }] of (state.Catch ?? []).entries()) {
      exits.push({ next: Next, place: pointer('Catch', index, 'Next'), assign: Assign });
    }
  }
  if (state.Type === 'Choice') {
    for (const [index, { Next, Assign }] of state.Choices.entries()) {
      exits.push({ next: Next, place: pointer('Choices', index, 'Next'), assign: Assign });
    }
    if (state.Default !== undefined) exits.push({ next: state.Default, place: '/Default', assign: state.Assign });
  }
  return exits;
}
