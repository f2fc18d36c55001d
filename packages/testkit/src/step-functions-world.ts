import { join } from 'node:path';
import { machineArn } from '@datasens/local/step-functions/arns.ts';
import { type Clock, systemClock } from '@datasens/local/step-functions/clock.ts';
import { parseDefinition } from '@datasens/local/step-functions/definition/parse-definition.ts';
import { type Engine, openEngine } from '@datasens/local/step-functions/engine/engine.ts';
import type { Call, Invoke } from '@datasens/local/step-functions/engine/invoke.ts';
import { type Evaluator, openEvaluator } from '@datasens/local/step-functions/evaluation/evaluator.ts';
import { listEvents, type StoredEvent } from '@datasens/local/step-functions/journal/events.ts';
import { type Execution, readExecution } from '@datasens/local/step-functions/journal/executions.ts';
import { type Journal, openJournal } from '@datasens/local/step-functions/journal/journal.ts';
import { findMachine, insertMachine } from '@datasens/local/step-functions/journal/state-machines.ts';
import type { Json, JsonObject } from '@datasens/local/step-functions/json.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** What a Lambda function of a test does. */
export type TestFunction = (payload: Json, signal: AbortSignal) => unknown;

export interface StepFunctionsWorld extends AsyncDisposable {
  readonly engine: Engine;
  readonly journal: Journal;
  readonly path: string;
  /** The calls so far. */
  readonly calls: Call[];
  /** Creates a state machine, once. */
  create(name: string, definition: JsonObject): string;
  /** Starts an execution of a machine of these states. */
  start(definition: JsonObject, input?: Json): Execution;
  /** Runs it to its end. */
  run(definition: JsonObject, input?: Json): Promise<Execution>;
  ended(execution: Execution): Promise<Execution>;
  history(execution: Execution): StoredEvent[];
  /** Ends the host and starts it again on what is on disk. */
  restart(): Promise<void>;
}

export interface StepFunctionsWorldOptions {
  /** Of a journal that is there, or that is to outlive the test's own process. */
  readonly path?: string;
  /** Puts something between the engine and its journal. */
  readonly wrap?: (journal: Journal) => Journal;
  readonly clock?: Clock;
  readonly functions?: Readonly<Record<string, TestFunction>>;
  readonly invoke?: Invoke;
  readonly random?: () => number;
  readonly log?: (message: string) => void;
}

/** An engine on a journal of its own, with functions of the test's. */
export async function stepFunctionsWorld(options: StepFunctionsWorldOptions = {}): Promise<StepFunctionsWorld> {
  const { clock = systemClock, functions = {}, random = () => 0.5, log = () => undefined } = options;
  await using opening = new AsyncDisposableStack();
  const path = options.path ?? join(opening.use(await temporaryFolder()).path, 'step-functions.sqlite');
  const calls: Call[] = [];
  const invoke: Invoke = async (call, signal) => {
    calls.push(call);
    if (options.invoke) return await options.invoke(call, signal);
    if (call.resource !== 'lambda:invoke') throw new Error(`expected a function, got ${call.resource}`);
    return await functions[call.functionName]?.(call.payload, signal);
  };
  const open = () => {
    const plain = openJournal(path);
    const journal = options.wrap?.(plain) ?? plain;
    return { journal, engine: openEngine({ journal, evaluator: evaluator(), invoke, clock, random, log }) };
  };
  let opened = open();
  const folder = opening.move();
  let names = 0;
  const close = async () => {
    await opened.engine[Symbol.asyncDispose]();
    opened.journal[Symbol.dispose]();
  };
  const world: StepFunctionsWorld = {
    get engine() {
      return opened.engine;
    },
    get journal() {
      return opened.journal;
    },
    path,
    calls,
    create(name, definition) {
      const arn = machineArn(name);
      const text = JSON.stringify(definition);
      parseDefinition(text);
      if (!findMachine(opened.journal, arn)) {
        insertMachine(opened.journal, {
          arn,
          name,
          definition: text,
          roleArn: 'arn:aws:iam::000000000000:role/test',
          createdAt: clock.now(),
        });
      }
      return arn;
    },
    start(definition, input = {}) {
      names += 1;
      const machine = world.create(`machine-${names}`, definition);
      return opened.engine.start({ machineArn: machine, name: `run-${names}`, input: JSON.stringify(input) });
    },
    run: async (definition, input) => await world.ended(world.start(definition, input)),
    ended: ({ arn }) => opened.engine.ended(arn, new AbortController().signal),
    history({ arn }) {
      const { id } = readExecution(opened.journal, arn);
      return listEvents(opened.journal, id, { from: 0, backwards: false, limit: 30_000 });
    },
    async restart() {
      await close();
      opened = open();
    },
    async [Symbol.asyncDispose]() {
      await close();
      await folder.disposeAsync();
    },
  };
  return world;
}

/** A machine of JSONata that begins with the first of the states. */
export function machine(states: Readonly<Record<string, JsonObject>>, more: JsonObject = {}): JsonObject {
  return { QueryLanguage: 'JSONata', ...innerStates(states), ...more };
}

/** States inside a state, the first of which is where they begin. */
export function innerStates(states: Readonly<Record<string, JsonObject>>): JsonObject {
  const [first = ''] = Object.keys(states);
  return { StartAt: first, States: states };
}

/** A task that calls a function. */
export function callState(name: string, more: JsonObject = {}): JsonObject {
  const Arguments = { FunctionName: name, Payload: '{% $states.input %}' };
  return { Type: 'Task', Resource: 'arn:aws:states:::lambda:invoke', Arguments, ...more };
}

/** A task that calls the function of an ARN. */
export function functionState(Resource: string, more: JsonObject = {}): JsonObject {
  return { Type: 'Task', Resource, ...more };
}

/** A task that calls a function, and waits for its token. */
export function askState(name: string, more: JsonObject = {}): JsonObject {
  const Payload = { token: '{% $states.context.Task.Token %}' };
  return {
    Type: 'Task',
    Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
    Arguments: { FunctionName: name, Payload },
    ...more,
  };
}

let shared: Evaluator | undefined;

/** One thread serves all tests of a file. */
function evaluator(): Evaluator {
  shared ??= openEvaluator();
  return shared;
}
