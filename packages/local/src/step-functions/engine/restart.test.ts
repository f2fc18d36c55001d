import { stat } from 'node:fs/promises';
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
import { openJournal } from '../journal/journal.ts';

const output = ({ output: text }: { output: string | undefined }) =>
  text === undefined ? undefined : JSON.parse(text);
const never = () => Promise.withResolvers<never>().promise;

test('a restart in the middle of a Map goes on where it stood, and repeats no state that is finished', async () => {
  let hangs = true;
  const done: unknown[] = [];
  await using world = await stepFunctionsWorld({
    functions: {
      first: (n) => void done.push(`first ${n}`),
      second: async (n) => {
        if (hangs && n === 2) await never();
        done.push(`second ${n}`);
        return n;
      },
    },
  });
  const ItemProcessor = innerStates({
    First: callState('first', { Output: '{% $states.input %}', Next: 'Second' }),
    Second: callState('second', { Output: '{% $states.result.Payload %}', End: true }),
  });
  const started = world.start(machine({ Each: { Type: 'Map', ItemProcessor, End: true } }), [1, 2, 3]);
  await eventually(() => expect(done).toHaveLength(5));
  await eventually(() => {
    const finished = world.history(started).filter(({ type }) => type === 'MapIterationSucceeded');
    expect(finished).toHaveLength(2);
  });
  hangs = false;
  await world.restart();
  expect(output(await world.ended(started))).toEqual([1, 2, 3]);
  expect(done.sort()).toEqual(['first 1', 'first 2', 'first 3', 'second 1', 'second 2', 'second 3']);
  const events = world.history(started);
  expect(events.map(({ id }) => id)).toEqual(events.map((_, index) => index + 1));
  expect(events.filter(({ type }) => type === 'MapStateStarted')).toHaveLength(1);
  expect(events.filter(({ type }) => type === 'MapIterationStarted')).toHaveLength(3);
});

test('variables, branches and their outputs survive a restart', async () => {
  let hangs = true;
  await using world = await stepFunctionsWorld({
    functions: { quick: () => 'quick', slow: async () => (hangs ? await never() : 'slow') },
  });
  const Branches = ['quick', 'slow'].map((name) =>
    innerStates({
      [`set ${name}`]: { Type: 'Pass', Assign: { own: name }, Next: name },
      [name]: callState(name, { Output: '{% $outer & $own & $states.result.Payload %}', End: true }),
    }),
  );
  const started = world.start(
    machine({
      Outer: { Type: 'Pass', Assign: { outer: 'o' }, Next: 'Both' },
      Both: { Type: 'Parallel', Branches, End: true },
    }),
  );
  await eventually(() => expect(world.calls).toHaveLength(2));
  await eventually(() => expect(world.history(started).some(({ type }) => type === 'TaskStateExited')).toBe(true));
  hangs = false;
  await world.restart();
  expect(output(await world.ended(started))).toEqual(['oquickquick', 'oslowslow']);
  expect(world.calls).toHaveLength(3);
});

test('what is left of a wait is waited for after a restart', async () => {
  const clock = manualClock();
  await using world = await stepFunctionsWorld({ clock });
  const started = world.start(machine({ Wait: { Type: 'Wait', Seconds: 100, End: true } }));
  await eventually(() => expect(clock.waits()).toEqual([100_000]));
  await world.restart();
  clock.set(clock.now() + 60_000);
  await world.restart();
  await eventually(() => expect(clock.waits()).toEqual([40_000]));
  clock.pass(40_000);
  expect((await world.ended(started)).status).toBe('SUCCEEDED');
});

test('what is left of the wait for a retry is waited for after a restart, and the attempts go on counting', async () => {
  const clock = manualClock();
  const functions = {
    work() {
      throw Object.assign(new Error(), { name: 'Transient' });
    },
  };
  await using world = await stepFunctionsWorld({ clock, functions });
  const Retry = [{ ErrorEquals: ['Transient'], IntervalSeconds: 60, MaxAttempts: 1 }];
  const started = world.start(machine({ Work: callState('work', { Retry, End: true }) }));
  await eventually(() => expect(clock.waits()).toEqual([60_000]));
  clock.set(clock.now() + 50_000);
  await world.restart();
  await eventually(() => expect(clock.waits()).toEqual([10_000]));
  expect(world.calls).toHaveLength(1);
  clock.pass(10_000);
  expect(await world.ended(started)).toMatchObject({ status: 'FAILED', error: 'Transient' });
  expect(world.calls).toHaveLength(2);
});

test('a clock that is set back makes no wait longer than it was', async () => {
  const clock = manualClock();
  await using world = await stepFunctionsWorld({ clock });
  const started = world.start(machine({ Wait: { Type: 'Wait', Seconds: 100, End: true } }));
  await eventually(() => expect(clock.waits()).toEqual([100_000]));
  clock.set(clock.now() - 86_400_000);
  clock.pass(1_000);
  await world.restart();
  await eventually(() => expect(clock.waits()).toEqual([100_000]));
  clock.pass(100_000);
  expect((await world.ended(started)).status).toBe('SUCCEEDED');
});

test('an approver who was asked is not asked again after a restart, and the answer counts', async () => {
  const asked: string[] = [];
  const clock = manualClock();
  await using world = await stepFunctionsWorld({
    clock,
    functions: { ask: (payload) => void asked.push((payload as { token: string }).token) },
  });
  const started = world.start(machine({ Ask: askState('ask', { TimeoutSeconds: 60, End: true }) }));
  await eventually(() => expect(world.history(started).map(({ type }) => type)).toContain('TaskSubmitted'));
  await world.restart();
  await eventually(() => expect(clock.waits()).toEqual([60_000]));
  world.engine.answer(asked[0] ?? '', { output: 'yes' });
  expect(output(await world.ended(started))).toBe('yes');
  expect(asked).toHaveLength(1);
});

test('one who was cut off while being asked is asked again, with the same token', async () => {
  const asked: string[] = [];
  await using world = await stepFunctionsWorld({
    functions: {
      ask: (payload) => {
        asked.push((payload as { token: string }).token);
        return asked.length === 1 ? never() : undefined;
      },
    },
  });
  const started = world.start(machine({ Ask: askState('ask', { End: true }) }));
  await eventually(() => expect(asked).toHaveLength(1));
  await world.restart();
  await eventually(() => expect(asked).toHaveLength(2));
  expect(asked[1]).toBe(asked[0]);
  world.engine.answer(asked[0] ?? '', { output: 'yes' });
  expect((await world.ended(started)).status).toBe('SUCCEEDED');
});

test('a token is good for one answer, for as long as its task waits', async () => {
  const tokens: string[] = [];
  const clock = manualClock();
  const functions = { ask: (payload: unknown) => void tokens.push((payload as { token: string }).token) };
  await using world = await stepFunctionsWorld({ clock, functions });
  const answer = (token: string) => () => world.engine.answer(token, { output: null });
  const refused = (name: string) => expect.objectContaining({ name });
  expect(answer('guess')).toThrow(refused('InvalidToken'));
  expect(answer('x'.repeat(64))).toThrow(refused('TaskDoesNotExist'));

  const answered = world.start(machine({ Ask: askState('ask', { End: true }) }));
  await eventually(() => expect(tokens).toHaveLength(1));
  answer(tokens[0] ?? '')();
  expect(answer(tokens[0] ?? '')).toThrow(refused('TaskTimedOut'));
  await world.ended(answered);
  expect(answer(tokens[0] ?? '')).toThrow(refused('TaskTimedOut'));

  const Catch = [{ ErrorEquals: ['States.Timeout'], Next: 'Wait' }];
  const Ask = askState('ask', { TimeoutSeconds: 5, Catch, End: true });
  world.start(machine({ Ask, Wait: { Type: 'Wait', Seconds: 100, End: true } }));
  await eventually(() => expect(clock.waits()).toEqual([5_000]));
  clock.pass(5_000);
  await eventually(() => expect(clock.waits()).toEqual([100_000]));
  expect(answer(tokens[1] ?? '')).toThrow(refused('TaskTimedOut'));

  const stopped = world.start(machine({ Ask: askState('ask', { End: true }) }));
  await eventually(() => expect(tokens).toHaveLength(3));
  world.engine.stop(stopped.arn);
  expect(answer(tokens[2] ?? '')).toThrow(refused('TaskTimedOut'));
});

test('what is sent for a token as a failure is the error of the task', async () => {
  await using world = await stepFunctionsWorld({
    functions: {
      ask: (payload) => world.engine.answer((payload as { token: string }).token, { error: 'NotAllowed', cause: 'no' }),
    },
  });
  const Catch = [{ ErrorEquals: ['NotAllowed'], Next: 'Caught' }];
  const ended = await world.run(
    machine({ Ask: askState('ask', { Catch, End: true }), Caught: { Type: 'Pass', End: true } }),
  );
  expect(output(ended)).toEqual({ Error: 'NotAllowed', Cause: 'no' });
});

test('a full disk holds the execution up, and loses nothing', async () => {
  const clock = manualClock();
  const said: string[] = [];
  await using world = await stepFunctionsWorld({
    clock,
    functions: { large: () => 'x'.repeat(200_000) },
    log: (message) => said.push(message),
  });
  const { page_count: pages } = world.journal.get('pragma page_count') ?? {};
  world.journal.get(`pragma max_page_count = ${Number(pages) + 8}`);
  const started = world.start(machine({ Work: callState('large', { End: true }) }));
  await eventually(() => expect(clock.waits()).toEqual([1_000]));
  expect(said.join()).toContain('Make room');
  clock.pass(1_000);
  await eventually(() => expect(clock.waits()).toEqual([1_000]));
  world.journal.get('pragma max_page_count = 1000000');
  clock.pass(1_000);
  expect((await world.ended(started)).status).toBe('SUCCEEDED');
  // The function was not called again for want of room.
  expect(world.calls).toHaveLength(1);
});

test('an execution that waits for another one finds it again, and has its output', async () => {
  let hangs = true;
  await using world = await stepFunctionsWorld({ functions: { work: async () => (hangs ? await never() : 'done') } });
  const inner = world.create(
    'inner',
    machine({ Work: callState('work', { Output: '{% $states.result.Payload %}', End: true }) }),
  );
  const Arguments = { StateMachineArn: inner, Input: { n: '{% $states.input %}' } };
  const Resource = 'arn:aws:states:::states:startExecution.sync:2';
  const started = world.start(machine({ Run: { Type: 'Task', Resource, Arguments, End: true } }), 7);
  await eventually(() => expect(world.calls).toHaveLength(1));
  await world.restart();
  await eventually(() => expect(world.calls).toHaveLength(2));
  hangs = false;
  await world.restart();
  expect(output(await world.ended(started))).toMatchObject({ Status: 'SUCCEEDED', Input: { n: 7 }, Output: 'done' });
  expect(world.journal.all('select id from execution')).toHaveLength(2);
});

test('of another execution that fails, the error is States.TaskFailed; and it ends with the one that waits', async () => {
  await using world = await stepFunctionsWorld({ functions: { work: never } });
  const Resource = 'arn:aws:states:::states:startExecution.sync:2';
  const runs = (StateMachineArn: string) =>
    machine({ Run: { Type: 'Task', Resource, Arguments: { StateMachineArn }, End: true } });
  const failed = await world.run(runs(world.create('fails', machine({ Stop: { Type: 'Fail', Error: 'Own' } }))));
  expect(failed.error).toBe('States.TaskFailed');
  expect(JSON.parse(failed.cause ?? '')).toMatchObject({ Status: 'FAILED', Error: 'Own' });

  const missing = await world.run(runs(failed.machineArn.replace(/[^:]+$/, 'missing')));
  expect(missing.error).toBe('StepFunctions.StateMachineDoesNotExistException');

  const started = world.start(runs(world.create('hangs', machine({ Work: callState('work', { End: true }) }))));
  await eventually(() => expect(world.calls).toHaveLength(1));
  world.engine.stop(started.arn, { error: 'Stopped', cause: 'by hand' });
  expect(await world.ended(started)).toMatchObject({ status: 'ABORTED', error: 'Stopped', cause: 'by hand' });
  await eventually(() =>
    expect(world.journal.all(`select status from execution order by id desc limit 2`)).toEqual([
      expect.objectContaining({ status: 'ABORTED' }),
      expect.objectContaining({ status: 'ABORTED' }),
    ]),
  );
});

test('nobody but its owner reads the tokens in the journal', async () => {
  await using world = await stepFunctionsWorld();
  expect((await stat(world.path)).mode & 0o077).toBe(0);
});

test('a second host of the same journal is refused, and the first goes on', async () => {
  await using world = await stepFunctionsWorld();
  expect(() => openJournal(world.path)).toThrow(expect.objectContaining({ name: 'ConfigError' }));
  expect((await world.run(machine({ A: { Type: 'Succeed' } }))).status).toBe('SUCCEEDED');
});

test('a redrive begins at what failed, and leaves alone what had succeeded', async () => {
  let broken = true;
  const functions = {
    good: (n: unknown) => n,
    bad(n: unknown) {
      if (broken && n === 2) throw Object.assign(new Error('broken'), { name: 'Broken' });
      return n;
    },
  };
  await using world = await stepFunctionsWorld({ functions });
  const ItemProcessor = innerStates({
    Good: callState('good', { Output: '{% $states.result.Payload %}', Next: 'Bad' }),
    Bad: callState('bad', { Output: '{% $states.result.Payload %}', End: true }),
  });
  const definition = machine({
    Before: callState('good', { Output: '{% $states.input %}', Next: 'Each' }),
    Each: { Type: 'Map', MaxConcurrency: 1, ItemProcessor, End: true },
  });
  const failed = await world.run(definition, [1, 2, 3]);
  expect(failed).toMatchObject({ status: 'FAILED', error: 'Broken' });
  const before = world.calls.length;
  broken = false;
  world.engine.redrive(failed.arn);
  const ended = await world.ended(failed);
  expect(output(ended)).toEqual([1, 2, 3]);
  expect(ended).toMatchObject({ status: 'SUCCEEDED', redrives: 1, error: undefined });
  // The second item's Bad, and the third item's Good and Bad.
  expect(world.calls.length - before).toBe(3);
  expect(world.history(failed).map(({ type }) => type)).toContain('ExecutionRedriven');
  expect(() => world.engine.redrive(failed.arn)).toThrow(expect.objectContaining({ name: 'ExecutionNotRedrivable' }));
});
