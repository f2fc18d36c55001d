import { eventually } from '@datasens/testkit/eventually.ts';
import { type ManualClock, manualClock } from '@datasens/testkit/manual-clock.ts';
import { machine, type StepFunctionsWorld, stepFunctionsWorld } from '@datasens/testkit/step-functions-world.ts';
import { expect, test } from 'vitest';
import { findMark, putMark } from '../step-functions/journal/marks.ts';
import { keepSchedules } from './keep-schedules.ts';
import type { Schedule } from './read-schedules.ts';

const MINUTE = 60_000;
const DAY = 1_440 * MINUTE;
const NIGHTLY: Schedule = {
  name: 'nightly-dump',
  workflow: 'dump',
  expression: 'cron(0 2 * * ? *)',
  timezone: 'UTC',
  input: { purpose: 'scheduled' },
  enabled: true,
};

/** A host that has come up a quarter before the nightly dump, with a workflow that does nothing. */
async function scheduleWorld({ workflows = ['dump'] }: { readonly workflows?: readonly string[] } = {}) {
  const clock = manualClock(Date.UTC(2026, 10, 28, 1, 45));
  const world = await stepFunctionsWorld({ clock });
  const create = (name: string) => world.create(name, machine({ Done: { Type: 'Succeed' } }));
  for (const name of workflows) create(name);
  const said: string[] = [];
  const { journal } = world;
  return {
    world,
    clock,
    said,
    create,
    keep: (...schedules: Schedule[]) =>
      keepSchedules({ journal, engine: world.engine, clock, log: (message) => said.push(message) }, schedules),
    async [Symbol.asyncDispose]() {
      await world[Symbol.asyncDispose]();
    },
  };
}

/** Lets time pass as it does: whoever waits is woken when it is time, and has seen what there is to see. */
async function pass(clock: ManualClock, ms: number): Promise<void> {
  for (let left = ms; left > 0; ) {
    await eventually(() => expect(clock.waits()).toHaveLength(1));
    const step = Math.min(clock.waits()[0] ?? left, left);
    clock.pass(step);
    left -= step;
  }
  await eventually(() => expect(clock.waits()).toHaveLength(1));
}

function executions({ journal }: StepFunctionsWorld): string[] {
  return journal.all('select name from execution order by id').map(({ name }) => String(name));
}

test('what is due is started when it is due, under a name of its own', async () => {
  await using scene = await scheduleWorld();
  const { world, clock, keep } = scene;
  await using _ = keep(NIGHTLY, { ...NIGHTLY, name: 'never', enabled: false });
  await pass(clock, 15 * MINUTE - 1);
  expect(executions(world)).toEqual([]);
  await pass(clock, 1);
  expect(executions(world)).toEqual(['nightly-dump-20261128T020000Z']);
  const [{ input } = {}] = world.journal.all('select input from execution');
  expect(JSON.parse(String(input))).toEqual({ user: 'schedule nightly-dump', purpose: 'scheduled' });
  clock.set(clock.now() + DAY - MINUTE);
  await pass(clock, MINUTE);
  expect(executions(world)).toEqual(['nightly-dump-20261128T020000Z', 'nightly-dump-20261129T020000Z']);
});

test('what was missed while no host ran is caught up once', async () => {
  await using scene = await scheduleWorld();
  const { world, clock, keep } = scene;
  const first = keep(NIGHTLY);
  await pass(clock, MINUTE);
  await first[Symbol.asyncDispose]();
  clock.set(clock.now() + 3 * DAY);
  {
    await using _ = keep(NIGHTLY);
    await pass(clock, MINUTE);
  }
  await using _ = keep(NIGHTLY);
  await pass(clock, MINUTE);
  expect(executions(world)).toEqual(['nightly-dump-20261130T020000Z']);
});

test('a host that was killed before it could say that it has started something starts it once', async () => {
  await using scene = await scheduleWorld();
  const { world, clock, keep } = scene;
  const first = keep(NIGHTLY);
  await pass(clock, MINUTE);
  const before = findMark(world.journal, NIGHTLY.name);
  await pass(clock, 15 * MINUTE);
  await first[Symbol.asyncDispose]();
  if (before) putMark(world.journal, NIGHTLY.name, before);
  await using _ = keep(NIGHTLY);
  await pass(clock, MINUTE);
  expect(executions(world)).toHaveLength(1);
  expect(findMark(world.journal, NIGHTLY.name)?.through).toBe(Date.UTC(2026, 10, 28, 2));
});

test('a schedule that is new or changed has missed nothing', async () => {
  await using scene = await scheduleWorld();
  const { world, clock, keep } = scene;
  const first = keep(NIGHTLY);
  await pass(clock, MINUTE);
  await first[Symbol.asyncDispose]();
  clock.set(clock.now() + 3 * DAY);
  await using _ = keep({ ...NIGHTLY, timezone: 'Europe/Paris' }, { ...NIGHTLY, name: 'another' });
  await pass(clock, MINUTE);
  expect(executions(world)).toEqual([]);
});

test('a clock that was ahead and is set back is not waited for, and starts nothing twice', async () => {
  await using scene = await scheduleWorld();
  const { world, clock, keep } = scene;
  const now = clock.now();
  const ahead = keep(NIGHTLY);
  await pass(clock, MINUTE);
  clock.set(now + 400 * DAY);
  await pass(clock, MINUTE);
  await ahead[Symbol.asyncDispose]();
  expect(executions(world)).toHaveLength(1);
  clock.set(now);
  await using _ = keep(NIGHTLY);
  await pass(clock, 15 * MINUTE);
  clock.set(now + 14 * MINUTE);
  await pass(clock, MINUTE);
  expect(executions(world).slice(1)).toEqual(['nightly-dump-20261128T020000Z']);
});

test('what cannot be started is said, holds nothing else up, and is started when it can be', async () => {
  await using scene = await scheduleWorld({ workflows: ['rotation'] });
  const { world, clock, said, keep, create } = scene;
  await using _ = keep(NIGHTLY, { ...NIGHTLY, name: 'rotating', workflow: 'rotation' });
  await pass(clock, 15 * MINUTE);
  expect(executions(world)).toEqual(['rotating-20261128T020000Z']);
  expect(said).toContainEqual(
    expect.stringMatching(/^nightly-dump cannot be started now.*StateMachineDoesNotExist|State Machine Does Not Exist/),
  );
  create('dump');
  await pass(clock, MINUTE);
  expect(executions(world)).toEqual(['rotating-20261128T020000Z', 'nightly-dump-20261128T020000Z']);
});
