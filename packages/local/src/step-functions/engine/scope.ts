import type { States } from '../definition/state-machine.ts';
import type { Field } from '../evaluation/evaluate-fields.ts';
import type { NewEvent } from '../journal/events.ts';
import type { Position } from '../journal/positions.ts';
import type { Json, JsonObject } from '../json.ts';
import { StateError } from '../state-error.ts';
import type { Run } from './run.ts';

/** A sequence of states that is walked: that of a machine, of a branch, or of an item. */
export interface Scope {
  readonly run: Run;
  readonly path: string;
  readonly states: States;
  readonly outer?: Scope;
  readonly item?: Item;
  /** Aborts when this sequence is of no use any more. */
  readonly signal: AbortSignal;
  readonly ending: {
    succeeded(output: Json): Ending;
    failed(error: StateError): Ending;
  };
  position: Position;
  /** Events of the state under way that the next step writes. */
  pending: NewEvent[];
}

/** What of a Map state an iteration is for. */
export interface Item {
  readonly index: number;
  readonly value: Json;
}

/** What belongs into the step by which a sequence ends. */
export interface Ending {
  readonly events: readonly NewEvent[];
  readonly also?: () => void;
}

/** Under which path key the state under way keeps what is inside it: `/Each#1/`. */
export function innerPath({ path, position }: Scope): string {
  return `${path}/${encodeURIComponent(position.state)}#${position.step}/`;
}

export interface Readable {
  readonly result?: Json;
  readonly errorOutput?: Json;
  readonly token?: string;
  readonly item?: Item;
}

/**
 * What the fields of the state under way come to; those that are undefined stay so. Throws
 * `States.QueryEvaluationError`.
 */
export async function evaluate<Name extends string>(
  scope: Scope,
  fields: Readonly<Record<Name, Json | undefined>>,
  readable: Readable = {},
): Promise<Record<Name, Json | undefined>> {
  const given: Field[] = [];
  for (const [name, value] of Object.entries<Json | undefined>(fields)) {
    if (value !== undefined) given.push({ name, value });
  }
  const values = await scope.run.deps.evaluator.evaluate(given, bindings(scope, readable)).catch((error: unknown) => {
    if (!(error instanceof StateError)) throw error;
    const { name, message, evaluation } = error;
    throw new StateError(name, whereabouts(scope) + message, { evaluation });
  });
  scope.signal.throwIfAborted();
  return Object.fromEntries(given.map(({ name }, index) => [name, values[index]])) as Record<Name, Json | undefined>;
}

/** How the causes of Step Functions' own errors begin. */
export function whereabouts({ position: { state, enteredEvent } }: Scope): string {
  return `An error occurred while executing the state '${state}' (entered at the event id #${enteredEvent}). `;
}

function bindings(scope: Scope, { result, errorOutput, ...rest }: Readable): JsonObject {
  const states = {
    input: scope.position.input,
    context: contextObject(scope, rest),
    ...(result === undefined ? {} : { result }),
    ...(errorOutput === undefined ? {} : { errorOutput }),
  };
  return { ...variablesOf(scope), states };
}

/** Those of outer scopes, and its own. */
function variablesOf({ outer, position }: Scope): JsonObject {
  return outer ? { ...variablesOf(outer), ...position.variables } : position.variables;
}

/** Developer Guide, "Accessing execution data from the Context object". */
function contextObject(scope: Scope, { token, item = itemOf(scope) }: Pick<Readable, 'token' | 'item'>): JsonObject {
  const { run, position } = scope;
  return {
    Execution: {
      Id: run.arn,
      Input: run.input,
      Name: run.name,
      RedriveCount: run.redrives,
      RoleArn: run.roleArn,
      StartTime: new Date(run.startedAt).toISOString(),
    },
    State: {
      EnteredTime: new Date(position.enteredAt).toISOString(),
      Name: position.state,
      RetryCount: position.progress.retries ?? 0,
    },
    StateMachine: { Id: run.machineArn, Name: run.machineArn.slice(run.machineArn.lastIndexOf(':') + 1) },
    ...(token === undefined ? {} : { Task: { Token: token } }),
    ...(item ? { Map: { Item: { Index: item.index, Value: item.value } } } : {}),
  };
}

function itemOf({ item, outer }: Scope): Item | undefined {
  return item ?? (outer && itemOf(outer));
}
