import type { Outcome } from '../definition/state-machine.ts';
import type { Json, JsonObject } from '../json.ts';
import { expectPayload } from './payload.ts';
import { evaluate, type Readable, type Scope } from './scope.ts';

/** How a state is left: with what, and to which state; to none at the end of the sequence. */
export interface Exit {
  readonly output: Json;
  readonly assigned: JsonObject;
  readonly next: string | undefined;
}

/**
 * What `Assign` and `Output` make of a result. Both see the variables as they were before (Specification, "Assigning
 * Variables").
 */
export async function leaveBy(
  scope: Scope,
  { Assign, Output }: Outcome,
  { next, output, ...readable }: Readable & { readonly next: string | undefined; readonly output: Json },
  place = '',
): Promise<Exit> {
  const names = [`${place}Assign`, `${place}Output`] as const;
  const values = await evaluate(scope, { [names[0]]: Assign, [names[1]]: Output }, readable);
  const exit = {
    output: values[names[1]] ?? (Output === undefined ? output : null),
    assigned: (values[names[0]] ?? {}) as JsonObject,
    next,
  };
  expectPayload(exit.output, scope.position.state);
  expectPayload(exit.assigned, scope.position.state);
  return exit;
}
