import type { State } from '../definition/state-machine.ts';
import type { Position } from '../journal/positions.ts';
import { closeTokens } from '../journal/tokens.ts';
import type { Json } from '../json.ts';
import { StateError } from '../state-error.ts';
import { forgetAttempt, withAttempts } from './attempts.ts';
import { failureEvents } from './failure-events.ts';
import type { Exit } from './outcome.ts';
import { record, type Step } from './record.ts';
import { innerPath, type Scope } from './scope.ts';
import { runChoice } from './states/choice.ts';
import { runFail } from './states/fail.ts';
import { runMap } from './states/map.ts';
import { runParallel } from './states/parallel.ts';
import { runPass } from './states/pass.ts';
import { runTask } from './states/task.ts';
import { runWait } from './states/wait.ts';

/**
 * Walks a sequence of states from where it stands to its end, and gives its output. Whoever restarts walks it again:
 * what is finished is not done again. Throws the `StateError` that it failed by.
 */
export async function walk(scope: Scope): Promise<Json> {
  for (;;) {
    const { status, state: name, output, failure } = scope.position;
    if (status === 'succeeded') return output ?? null;
    if (failure) throw new StateError(failure.name, failure.cause);
    const state = scope.states.States[name];
    if (!state) throw new Error(`expected a state "${name}"`);
    try {
      await leave(scope, state, await run(scope, state));
    } catch (error) {
      if (!(error instanceof StateError)) throw error;
      await fail(scope, state, error);
    }
  }
}

/** The position of a sequence that is about to begin, and the event by which its first state is entered. */
export function firstStep(scope: Pick<Scope, 'states' | 'run'>, input: Json, lastEvent: number): Step & Begin {
  const name = scope.states.StartAt;
  const position: Position = {
    status: 'running',
    state: name,
    step: 1,
    input,
    variables: {},
    enteredAt: scope.run.deps.clock.now(),
    enteredEvent: 0,
    lastEvent,
    progress: {},
  };
  return { events: [enteredEvent(scope, name, input)], position, enters: true };
}

interface Begin {
  readonly position: Position;
}

function run(scope: Scope, state: State): Promise<Exit> {
  switch (state.Type) {
    case 'Task':
      return withAttempts(scope, state, () => runTask(scope, state));
    case 'Parallel':
      return withAttempts(scope, state, () => runParallel(scope, state));
    case 'Map':
      return withAttempts(scope, state, () => runMap(scope, state));
    case 'Choice':
      return runChoice(scope, state);
    case 'Wait':
      return runWait(scope, state);
    case 'Fail':
      return runFail(scope, state);
    default:
      return runPass(scope, state);
  }
}

/** Out of a state and into the next, in one step. */
async function leave(scope: Scope, state: State, { output, assigned, next }: Exit): Promise<void> {
  const { position } = scope;
  const variables = { ...position.variables, ...assigned };
  const exited = { type: `${state.Type}StateExited`, details: exitDetails(position.state, output, assigned) };
  const forget = hasInside(scope, state) ? () => forgetAttempt(scope) : undefined;
  if (next === undefined) {
    const ending = scope.ending.succeeded(output);
    await record(scope, {
      events: [exited, ...ending.events],
      position: { status: 'succeeded', output, variables, progress: {} },
      also: both(forget, ending.also),
    });
    return;
  }
  const step = firstStep(scope, output, position.lastEvent);
  await record(scope, {
    events: [exited, enteredEvent(scope, next, output)],
    position: { ...step.position, state: next, step: position.step + 1, variables },
    enters: true,
    also: forget,
  });
}

async function fail(scope: Scope, state: State, error: StateError): Promise<void> {
  const ending = scope.ending.failed(error);
  await record(scope, {
    events: [...failureEvents(scope, state, error), ...ending.events],
    position: { status: 'failed', failure: { name: error.name, cause: error.message } },
    also: both(() => closeTokens(scope.run.deps.journal, scope.run.id, innerPath(scope)), ending.also),
  });
}

/** Whether positions or tokens are kept under the path of the state. */
function hasInside({ position }: Scope, { Type }: State): boolean {
  return Type === 'Map' || Type === 'Parallel' || position.progress.attempt?.token !== undefined;
}

function enteredEvent({ states }: Pick<Scope, 'states'>, name: string, input: Json) {
  const type = `${states.States[name]?.Type}StateEntered`;
  return { type, details: { name, input: JSON.stringify(input), inputDetails: { truncated: false } } };
}

/** Specification of the API, StateExitedEventDetails: the values of variables are text. */
function exitDetails(name: string, output: Json, assigned: Exit['assigned']) {
  const details = { name, output: JSON.stringify(output), outputDetails: { truncated: false } };
  const entries = Object.entries(assigned).map(([variable, value]) => [variable, JSON.stringify(value)] as const);
  if (entries.length === 0) return details;
  return {
    ...details,
    assignedVariables: Object.fromEntries(entries),
    assignedVariablesDetails: { truncated: false },
  };
}

function both(one: (() => void) | undefined, other: (() => void) | undefined): () => void {
  return () => {
    one?.();
    other?.();
  };
}
