import { eventually } from '@datasens/testkit/eventually.ts';
import { manualClock } from '@datasens/testkit/manual-clock.ts';
import {
  askState,
  callState,
  innerStates,
  machine,
  stepFunctionsWorld,
} from '@datasens/testkit/step-functions-world.ts';
import { expect, test } from 'vitest';
import type { Json } from '../json.ts';
import { StateError } from '../state-error.ts';

const output = ({ output: text }: { output: string | undefined }) =>
  text === undefined ? undefined : JSON.parse(text);
const caught = { Caught: { Type: 'Pass', End: true } };
const failing = (name: string) => () => {
  throw Object.assign(new Error('it broke'), { name });
};

test('an error of a function has its name, and its report as the cause', async () => {
  await using world = await stepFunctionsWorld({ functions: { work: failing('CorruptDump') } });
  const ended = await world.run(machine({ Work: callState('work', { End: true }) }));
  expect(ended).toMatchObject({ status: 'FAILED', error: 'CorruptDump' });
  expect(JSON.parse(ended.cause ?? '')).toMatchObject({ errorType: 'CorruptDump', errorMessage: 'it broke' });
});

test('what a function throws that is no error is Lambda.Unknown', async () => {
  const functions = {
    work() {
      throw 'a text';
    },
  };
  await using world = await stepFunctionsWorld({ functions });
  const ended = await world.run(machine({ Work: callState('work', { End: true }) }));
  expect(ended).toMatchObject({
    error: 'Lambda.Unknown',
    cause:
      'The cause could not be determined because Lambda did not return an error type. Returned payload: {"errorMessage":"a text"}',
  });
});

test('Catch takes an error over by its name, with what its Assign and Output make of it', async () => {
  await using world = await stepFunctionsWorld({ functions: { work: failing('Transient') } });
  const Catch: Json[] = [
    { ErrorEquals: ['Other'], Next: 'Wrong' },
    {
      ErrorEquals: ['Conflict', 'Transient'],
      Assign: { was: '{% $states.errorOutput.Error %}' },
      Output: '{% $states.input %}',
      Next: 'Caught',
    },
  ];
  const ended = await world.run(
    machine({
      Work: callState('work', { Catch, Next: 'Caught' }),
      Caught: { Type: 'Pass', Output: '{% [$was, $states.input] %}', End: true },
      Wrong: { Type: 'Fail' },
    }),
    'in',
  );
  expect(output(ended)).toEqual(['Transient', 'in']);
});

test('without Output a catcher hands the error output on', async () => {
  const functions = {
    work() {
      throw new StateError('Sandbox.Timedout', 'too long');
    },
  };
  await using world = await stepFunctionsWorld({ functions });
  const Catch = [{ ErrorEquals: ['States.TaskFailed'], Next: 'Caught' }];
  const ended = await world.run(machine({ Work: callState('work', { Catch, End: true }), ...caught }));
  expect(output(ended)).toEqual({ Error: 'Sandbox.Timedout', Cause: 'too long' });
});

test('retries wait longer each time, up to MaxDelaySeconds, with jitter, and count for the context', async () => {
  const clock = manualClock();
  const counts: unknown[] = [];
  const functions = {
    work(count: unknown) {
      counts.push(count);
      throw Object.assign(new Error(), { name: 'Transient' });
    },
  };
  await using world = await stepFunctionsWorld({ clock, functions, random: () => 0.5 });
  const Retry: Json[] = [
    { ErrorEquals: ['Other'] },
    {
      ErrorEquals: ['Transient'],
      IntervalSeconds: 2,
      BackoffRate: 3,
      MaxAttempts: 3,
      MaxDelaySeconds: 10,
      JitterStrategy: 'FULL',
    },
  ];
  const Arguments = { FunctionName: 'work', Payload: '{% $states.context.State.RetryCount %}' };
  const started = world.start(machine({ Work: callState('work', { Arguments, Retry, End: true }) }));
  // Half of 2, of 6, and of 18, which is more than 10.
  for (const wait of [1_000, 3_000, 5_000]) {
    await eventually(() => expect(clock.waits()).toEqual([wait]));
    clock.pass(wait - 1);
    expect(clock.waits()).toEqual([1]);
    clock.pass(1);
  }
  expect(await world.ended(started)).toMatchObject({ status: 'FAILED', error: 'Transient' });
  expect(counts).toEqual([0, 1, 2, 3]);
});

test('each retrier counts its own attempts', async () => {
  const clock = manualClock();
  const names = ['A', 'B', 'A', 'B'];
  const functions = {
    work() {
      const name = names.shift();
      if (name === undefined) return 'done';
      throw Object.assign(new Error(), { name });
    },
  };
  await using world = await stepFunctionsWorld({ clock, functions });
  const Retry = ['A', 'B'].map((name) => ({ ErrorEquals: [name], MaxAttempts: 2, BackoffRate: 1 }));
  const started = world.start(machine({ Work: callState('work', { Retry, End: true }) }));
  for (let n = 0; n < 4; n += 1) {
    await eventually(() => expect(clock.waits()).toEqual([1_000]));
    clock.pass(1_000);
  }
  expect(await world.ended(started)).toMatchObject({ status: 'SUCCEEDED' });
});

test('States.ALL takes neither States.DataLimitExceeded nor States.Runtime', async () => {
  await using world = await stepFunctionsWorld({ functions: { large: () => 'x'.repeat(262_144), none: () => 1 } });
  const Catch = [{ ErrorEquals: ['States.ALL'], Next: 'Caught' }];
  const large = await world.run(machine({ Work: callState('large', { Catch, End: true }), ...caught }));
  expect(large).toMatchObject({
    error: 'States.DataLimitExceeded',
    cause:
      "The state/task 'arn:aws:states:::lambda:invoke' returned a result with a size exceeding the maximum number of bytes service limit.",
  });
  const Arguments = '{% {"FunctionName": "none", "Qualifier": "1"} %}';
  const runtime = await world.run(machine({ Work: callState('none', { Arguments, Catch, End: true }), ...caught }));
  expect(runtime).toMatchObject({ error: 'States.Runtime', cause: expect.stringContaining('Qualifier') });
  expect(world.calls).toHaveLength(1);
});

test('the largest output that is allowed passes, and one byte more does not', async () => {
  await using world = await stepFunctionsWorld();
  // Two quotes, and é of two bytes.
  const definition = (size: number) =>
    machine({ Make: { Type: 'Pass', Output: `{% $pad("é", ${size - 3}, "x") %}`, End: true } });
  expect(await world.run(definition(262_144))).toMatchObject({ status: 'SUCCEEDED' });
  expect(await world.run(definition(262_145))).toMatchObject({ error: 'States.DataLimitExceeded' });
});

test('an expression that fails says so as AWS does, and can be caught', async () => {
  await using world = await stepFunctionsWorld();
  const bad = { Type: 'Pass', Output: '{% $states.input.missing %}', End: true };
  const ended = await world.run(machine({ Bad: bad }));
  expect(ended).toMatchObject({
    status: 'FAILED',
    error: 'States.QueryEvaluationError',
    cause:
      "An error occurred while executing the state 'Bad' (entered at the event id #2). The JSONata expression '$states.input.missing' specified for the field 'Output' returned nothing (undefined).",
  });
  const [event] = world.history(ended).filter(({ type }) => type === 'EvaluationFailed');
  expect(event?.details).toEqual({
    error: 'States.QueryEvaluationError',
    cause:
      "The JSONata expression '$states.input.missing' specified for the field 'Output' returned nothing (undefined).",
    location: 'Output',
    state: 'Bad',
  });
  const Catch = [{ ErrorEquals: ['States.QueryEvaluationError'], Next: 'Caught' }];
  const Branches = [innerStates({ Inner: bad })];
  const inner = await world.run(machine({ Both: { Type: 'Parallel', Branches, Catch, End: true }, ...caught }));
  expect(inner.status).toBe('SUCCEEDED');
});

test('a value that its field cannot have is an error by name', async () => {
  await using world = await stepFunctionsWorld();
  const wait = (Seconds: string) => world.run(machine({ Wait: { Type: 'Wait', Seconds, End: true } }));
  expect(await wait('{% "5" %}')).toMatchObject({
    error: 'States.QueryEvaluationError',
    cause: expect.stringContaining("Expected 'number', but was 'string'"),
  });
  expect(await wait('{% -5 %}')).toMatchObject({ error: 'States.QueryEvaluationError' });
});

test('a function that hangs is States.Timeout, and is told', async () => {
  const clock = manualClock();
  const told = Promise.withResolvers<void>();
  const functions = {
    hang: (_: unknown, signal: AbortSignal) => {
      signal.addEventListener('abort', () => told.resolve());
      return Promise.withResolvers<never>().promise;
    },
  };
  await using world = await stepFunctionsWorld({ clock, functions });
  const Catch = [{ ErrorEquals: ['States.Timeout'], Next: 'Caught' }];
  const started = world.start(
    machine({ Work: callState('hang', { TimeoutSeconds: 30, Catch, End: true }), ...caught }),
  );
  await eventually(() => expect(clock.waits()).toEqual([30_000]));
  clock.pass(30_000);
  expect(output(await world.ended(started))).toEqual({ Error: 'States.Timeout', Cause: '' });
  await told.promise;
  expect(world.history(started).map(({ type }) => type)).toContain('TaskTimedOut');
});

test('heartbeats keep a task alive, and their end is States.HeartbeatTimeout, days later too', async () => {
  const clock = manualClock();
  const asked = Promise.withResolvers<string>();
  await using world = await stepFunctionsWorld({
    clock,
    functions: { ask: (payload) => asked.resolve((payload as { token: string }).token) },
  });
  const day = 86_400_000;
  const started = world.start(
    machine({ Ask: askState('ask', { TimeoutSeconds: 864_000, HeartbeatSeconds: 172_800, End: true }) }),
  );
  const token = await asked.promise;
  for (let n = 0; n < 3; n += 1) {
    await eventually(() => expect(clock.waits()).toEqual([2 * day]));
    clock.pass(day);
    world.engine.heartbeat(token);
  }
  await eventually(() => expect(clock.waits()).toEqual([2 * day]));
  clock.pass(2 * day);
  expect(await world.ended(started)).toMatchObject({ status: 'FAILED', error: 'States.HeartbeatTimeout' });
  expect(() => world.engine.heartbeat(token)).toThrow(expect.objectContaining({ name: 'TaskTimedOut' }));
});

test('a heartbeat that stops is a States.Timeout for whoever catches that', async () => {
  const clock = manualClock();
  await using world = await stepFunctionsWorld({ clock, functions: { ask: () => 1 } });
  const Catch = [{ ErrorEquals: ['States.Timeout'], Next: 'Caught' }];
  const started = world.start(machine({ Ask: askState('ask', { HeartbeatSeconds: 5, Catch, End: true }), ...caught }));
  await eventually(() => expect(clock.waits()).toEqual([5_000]));
  clock.pass(5_000);
  expect(output(await world.ended(started))).toMatchObject({ Error: 'States.HeartbeatTimeout' });
});

test('the whole execution has a time, after which it is TIMED_OUT', async () => {
  const clock = manualClock();
  await using world = await stepFunctionsWorld({ clock });
  const started = world.start(machine({ Wait: { Type: 'Wait', Seconds: 100, End: true } }, { TimeoutSeconds: 60 }));
  await eventually(() => expect(clock.waits()).toEqual([60_000, 100_000]));
  clock.pass(60_000);
  expect(await world.ended(started)).toMatchObject({ status: 'TIMED_OUT', error: 'States.Timeout' });
  expect(clock.waits()).toEqual([]);
});

test('a branch that fails ends the others, and is States.BranchFailed for whoever catches that', async () => {
  const told = Promise.withResolvers<void>();
  const hanging = Promise.withResolvers<void>();
  await using world = await stepFunctionsWorld({
    functions: {
      fail: async () => {
        await hanging.promise;
        return failing('Conflict')();
      },
      hang: (_, signal) => {
        signal.addEventListener('abort', () => told.resolve());
        hanging.resolve();
        return Promise.withResolvers<never>().promise;
      },
    },
  });
  const Branches = ['fail', 'hang'].map((name) => innerStates({ [name]: callState(name, { End: true }) }));
  const Catch = [{ ErrorEquals: ['States.BranchFailed'], Next: 'Caught' }];
  const ended = await world.run(machine({ Both: { Type: 'Parallel', Branches, Catch, End: true }, ...caught }));
  expect(output(ended)).toMatchObject({ Error: 'Conflict' });
  await told.promise;
});

const eachItem = (more = {}) => {
  const ItemProcessor = innerStates({ Work: callState('work', { Output: '{% $states.result.Payload %}', End: true }) });
  return machine({ Each: { Type: 'Map', MaxConcurrency: 1, ItemProcessor, End: true, ...more } });
};
const odd = {
  work(n: unknown) {
    if ((n as number) % 2 === 1) return n;
    throw Object.assign(new Error('even'), { name: 'Even' });
  },
};

test('the first iteration that fails fails the Map, and those in the queue are never begun', async () => {
  await using world = await stepFunctionsWorld({ functions: odd });
  expect(await world.run(eachItem(), [1, 2, 3, 4])).toMatchObject({ status: 'FAILED', error: 'Even' });
  expect(world.calls).toHaveLength(2);
});

test('failures that are tolerated stand in the result, and one too many fails the Map', async () => {
  await using world = await stepFunctionsWorld({ functions: odd });
  const two = await world.run(eachItem({ ToleratedFailureCount: 2 }), [1, 2, 3, 4]);
  expect(output(two)).toMatchObject([1, { Error: 'Even' }, 3, { Error: 'Even' }]);
  const half = await world.run(eachItem({ ToleratedFailurePercentage: 50 }), [1, 2, 3, 4]);
  expect(half.status).toBe('SUCCEEDED');
  expect(await world.run(eachItem({ ToleratedFailureCount: 1 }), [1, 2, 3, 4])).toMatchObject({
    error: 'States.ExceedToleratedFailureThreshold',
    cause: 'The specified tolerated failure threshold was exceeded',
  });
  expect(await world.run(eachItem({ ToleratedFailurePercentage: 49 }), [1, 2, 3, 4])).toMatchObject({
    error: 'States.ExceedToleratedFailureThreshold',
  });
});

test('a Map that is retried begins anew', async () => {
  const clock = manualClock();
  let broken = true;
  const functions = {
    work(n: unknown) {
      if (n === 2 && broken) throw Object.assign(new Error(), { name: 'Transient' });
      return n;
    },
  };
  await using world = await stepFunctionsWorld({ clock, functions });
  const started = world.start(eachItem({ Retry: [{ ErrorEquals: ['Transient'] }] }), [1, 2]);
  await eventually(() => expect(clock.waits()).toEqual([1_000]));
  broken = false;
  clock.pass(1_000);
  expect(output(await world.ended(started))).toEqual([1, 2]);
  expect(world.calls).toHaveLength(4);
});

test('a loop without end fails when its history is full', { timeout: 60_000 }, async () => {
  await using world = await stepFunctionsWorld();
  const definition = machine({ A: { Type: 'Pass', Next: 'B' }, B: { Type: 'Pass', Next: 'A' } });
  const started = world.start(definition);
  // As if it had gone round many times.
  world.journal.run('update execution set events = 24000');
  await world.restart();
  const ended = await world.ended(started);
  expect(ended).toMatchObject({
    status: 'FAILED',
    error: 'States.Runtime',
    cause: 'The execution reached the maximum number of history events (25000).',
  });
  expect(world.history(started).at(-1)).toMatchObject({ type: 'ExecutionFailed' });
});
