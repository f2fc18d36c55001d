import type { States } from '../definition/state-machine.ts';
import { readPosition } from '../journal/positions.ts';
import type { Json } from '../json.ts';
import { expectPayload } from './payload.ts';
import { record } from './record.ts';
import { type Ending, type Item, innerPath, type Scope } from './scope.ts';
import { firstStep, walk } from './walk.ts';

interface Inner {
  readonly index: number;
  readonly states: States;
  readonly signal: AbortSignal;
  readonly ending: Scope['ending'];
  readonly item?: Item;
  /** What is said when it begins. */
  readonly begins?: Ending;
  input(): Promise<Json>;
}

export const NO_ENDING: Scope['ending'] = { succeeded: () => ({ events: [] }), failed: () => ({ events: [] }) };

/** Walks a sequence inside the state under way: from its beginning, or from where it stood. */
export async function walkInside(outer: Scope, inner: Inner): Promise<Json> {
  const { run } = outer;
  const path = `${innerPath(outer)}${inner.index}`;
  const { states, signal, ending, item } = inner;
  const known = readPosition(run.deps.journal, run.id, path);
  const begun = { run, path, states, outer, signal, ending, pending: [], ...(item ? { item } : {}) };
  if (known) return await walk({ ...begun, position: known });
  const input = await inner.input();
  expectPayload(input, outer.position.state);
  const first = firstStep(begun, input, outer.position.lastEvent);
  const scope: Scope = { ...begun, position: first.position };
  await record(scope, { ...first, events: [...(inner.begins?.events ?? []), ...(first.events ?? [])] });
  return await walk(scope);
}
