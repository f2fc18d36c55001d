import { setImmediate as otherTurn } from 'node:timers/promises';
import { eventually } from '@datasens/testkit/eventually.ts';
import { countSteps, crashAt, type Steps } from '@datasens/testkit/fault.ts';
import { faultyJournal } from '@datasens/testkit/faulty-journal.ts';
import { type ManualClock, manualClock } from '@datasens/testkit/manual-clock.ts';
import {
  askState,
  callState,
  machine,
  type StepFunctionsWorld,
  stepFunctionsWorld,
} from '@datasens/testkit/step-functions-world.ts';
import { expect, test } from 'vitest';
import { DAY_MS } from './clock.ts';
import { deleteMachine } from './journal/state-machines.ts';
import { openRetention } from './retention.ts';

const done = machine({ Done: { Type: 'Succeed' } });
const fails = machine({ Stop: { Type: 'Fail' } });
const never = () => Promise.withResolvers<never>().promise;
const log = () => undefined;

/** Waits until what is to be removed now is removed. */
async function removed(clock: ManualClock): Promise<void> {
  await eventually(() => expect(clock.waits()).toContain(DAY_MS));
}

/** How many rows of each kind there are, of one execution or of all. */
function rows({ journal }: StepFunctionsWorld, id?: number) {
  const count = (table: string, column = 'execution') =>
    Number(
      journal.get(`select count(*) as n from ${table} where ? is null or ${column} = ?`, id ?? null, id ?? null)?.n,
    );
  return {
    executions: count('execution', 'id'),
    events: count('event'),
    positions: count('position'),
    tokens: count('token'),
  };
}
const NOTHING = { executions: 0, events: 0, positions: 0, tokens: 0 };

test('an execution is gone 90 days after its end, with all that belongs to it, and its name is free', async () => {
  const clock = manualClock();
  const asked: string[] = [];
  const functions = { ask: (payload: unknown) => void asked.push((payload as { token: string }).token) };
  await using world = await stepFunctionsWorld({ clock, functions });
  const machineArn = world.create('asks', machine({ Ask: askState('ask', { Next: 'Stop' }), Stop: { Type: 'Fail' } }));
  const start = (name: string) => world.engine.start({ machineArn, name, input: '{}' });
  const answer = (token = '') => world.engine.answer(token, { output: 1 });
  const [first, second, open] = [start('first'), start('second'), start('open')];
  await eventually(() => expect(asked).toHaveLength(3));
  answer(asked[0]);
  const { id } = await world.ended(first);
  expect(rows(world, id)).toEqual({ executions: 1, events: expect.any(Number), positions: 1, tokens: 1 });
  clock.pass(DAY_MS);
  answer(asked[1]);
  await world.ended(second);
  clock.pass(89 * DAY_MS);

  await using _ = openRetention({ journal: world.journal, clock, log });
  await removed(clock);
  // On the day itself it is still there.
  expect(rows(world, id).executions).toBe(1);
  clock.pass(DAY_MS);
  await removed(clock);
  expect(rows(world, id)).toEqual(NOTHING);
  expect(() => world.engine.stop(first.arn)).toThrow(expect.objectContaining({ name: 'ExecutionDoesNotExist' }));
  expect(() => answer(asked[0])).toThrow(expect.objectContaining({ name: 'TaskDoesNotExist' }));
  expect(world.history(second).at(-1)?.type).toBe('ExecutionFailed');

  // What began as long ago, and runs, goes on.
  answer(asked[2]);
  expect(await world.ended(open)).toMatchObject({ status: 'FAILED' });
  expect(world.history(open)[0]?.type).toBe('ExecutionStarted');
  expect(start('first')).toMatchObject({ status: 'RUNNING', startedAt: clock.now() });
});

test('its days are counted from the end that a redrive has brought', async () => {
  const clock = manualClock();
  await using world = await stepFunctionsWorld({ clock });
  const failed = await world.run(fails);
  clock.pass(10 * DAY_MS);
  world.engine.redrive(failed.arn);
  await world.ended(failed);
  clock.pass(85 * DAY_MS);
  await using _ = openRetention({ journal: world.journal, clock, log });
  await removed(clock);
  expect(world.history(failed).map(({ type }) => type)).toContain('ExecutionRedriven');
});

test('a definition goes with the last execution that began with it, unless a machine has it', async () => {
  const clock = manualClock();
  await using world = await stepFunctionsWorld({ clock });
  const kept = await world.run(done);
  const { machineArn } = await world.run(fails);
  deleteMachine(world.journal, machineArn);
  const definitions = () =>
    world.journal.all('select text from definition').map(({ text }) => JSON.parse(String(text)));
  expect(definitions()).toHaveLength(2);
  clock.pass(91 * DAY_MS);
  await using _ = openRetention({ journal: world.journal, clock, log });
  await removed(clock);
  expect(definitions()).toEqual([done]);
  expect(world.engine.start({ machineArn: kept.machineArn, name: kept.name, input: '{}' }).status).toBe('RUNNING');
});

test('what another execution still waits for stays until that has read its end', async () => {
  const clock = manualClock();
  await using world = await stepFunctionsWorld({ clock, functions: { work: never } });
  const inner = world.create('inner', machine({ Work: callState('work', { End: true }) }));
  const Resource = 'arn:aws:states:::states:startExecution.sync:2';
  const Run = { Type: 'Task', Resource, Arguments: { StateMachineArn: inner }, End: true };
  const outer = world.start(machine({ Run }));
  await eventually(() => expect(world.calls).toHaveLength(1));
  // The host was killed when the inner one had ended, and the outer one had not heard of it.
  world.journal.run(
    `update execution set status = 'SUCCEEDED', output = '"late"', stopped_at = ? where id <> ?`,
    clock.now(),
    outer.id,
  );
  clock.pass(91 * DAY_MS);
  await using _ = openRetention({ journal: world.journal, clock, log });
  await removed(clock);
  await world.restart();
  const ended = await world.ended(outer);
  expect(ended).toMatchObject({ status: 'SUCCEEDED', output: expect.stringContaining('"Output":"late"') });
});

test('others go on while much is removed', async () => {
  const clock = manualClock();
  await using world = await stepFunctionsWorld({ clock });
  const large = await world.run(done);
  const { id } = large;
  world.journal.transaction(() => {
    for (let event = 1_000; event < 6_000; event += 1) {
      world.journal.run(`insert into event values (?, ?, 0, 0, 'PassStateEntered', '{}')`, id, event);
    }
  });
  clock.pass(91 * DAY_MS);
  await using _ = openRetention({ journal: world.journal, clock, log });
  const all = rows(world, id).events;
  while (rows(world, id).events === all) await otherTurn();
  expect((await world.run(done)).status).toBe('SUCCEEDED');
  expect(rows(world, id).events).toBeGreaterThan(0);
  // It has disappeared before the first of its rows has.
  expect(() => world.engine.redrive(large.arn)).toThrow(expect.objectContaining({ name: 'ExecutionDoesNotExist' }));
  await removed(clock);
  expect(rows(world, id)).toEqual(NOTHING);
});

test('the room of what was removed is used again', async () => {
  const clock = manualClock();
  await using world = await stepFunctionsWorld({ clock, functions: { work: () => 'x'.repeat(20_000) } });
  const machineArn = world.create('large', machine({ Work: callState('work', { End: true }) }));
  const runTen = async () => {
    for (let n = 0; n < 10; n += 1) await world.ended(world.engine.start({ machineArn, name: `n${n}`, input: '{}' }));
  };
  const pages = () => Number(world.journal.get('pragma page_count')?.page_count);
  await runTen();
  clock.pass(91 * DAY_MS);
  await using _ = openRetention({ journal: world.journal, clock, log });
  await removed(clock);
  const before = pages();
  await runTen();
  expect(pages()).toBe(before);
});

test.for(['before', 'after'] as const)('cut off %s any step, it goes on where it stood', async (when) => {
  const clock = manualClock();
  const worldOf = async (steps: Steps) => {
    const world = await stepFunctionsWorld({ clock, functions: { ask: () => undefined } });
    const old = world.create('old', machine({ Ask: askState('ask', { TimeoutSeconds: 1, End: true }) }));
    const ended = [];
    for (const name of ['a', 'b', 'c']) ended.push(world.engine.start({ machineArn: old, name, input: '{}' }));
    await eventually(() => expect(clock.waits()).toEqual([1_000, 1_000, 1_000]));
    clock.pass(1_000);
    for (const each of ended) await world.ended(each);
    deleteMachine(world.journal, old);
    clock.pass(91 * DAY_MS);
    const young = await world.run(fails);
    return { world, young, retention: openRetention({ journal: faultyJournal(world.journal, steps), clock, log }) };
  };
  const counted = countSteps();
  const count = async () => {
    const { world, retention } = await worldOf(counted);
    await removed(clock);
    await retention[Symbol.asyncDispose]();
    await world[Symbol.asyncDispose]();
    return counted.taken.length;
  };
  const steps = await count();
  expect(steps).toBeGreaterThan(3);
  for (let step = 1; step <= steps; step += 1) {
    const { world, young, retention } = await worldOf(crashAt(step, when));
    await removed(clock);
    await retention[Symbol.asyncDispose]();
    await world.restart();
    await using _ = openRetention({ journal: world.journal, clock, log });
    await removed(clock);
    expect(rows(world)).toEqual(rows(world, young.id));
    expect(world.journal.all('select 1 from definition')).toHaveLength(1);
    expect(world.engine.redrive(young.arn).status).toBe('RUNNING');
    await world[Symbol.asyncDispose]();
  }
});
