import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually, inTime } from '@datasens/testkit/eventually.ts';
import { allGone, functionsWorld, TEST_FUNCTIONS } from '@datasens/testkit/functions-world.ts';
import { manualClock } from '@datasens/testkit/manual-clock.ts';
import { temporaryFolder } from '@datasens/testkit/temporary-folder.ts';
import { expect, test } from 'vitest';

interface Description {
  readonly pid: number;
  readonly calls: number;
  readonly context: Record<string, unknown>;
  readonly environment: Record<string, string>;
  readonly arguments: string[];
}

test('a function is called with its event and the context that Lambda gives', async () => {
  await using world = await functionsWorld({ settings: { describe: { timeoutMs: 60_000, memoryMb: 256 } } });
  const event = { list: [1, 'é', null], deep: { '': true } };
  expect(await world.invoke('describe', event)).toMatchObject({
    event,
    context: {
      awsRequestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      functionName: 'describe',
      functionVersion: '$LATEST',
      invokedFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:describe',
      memoryLimitInMB: '256',
      remainingMs: expect.toSatisfy((ms) => ms > 0 && ms <= 60_000),
    },
  });
});

test('what a function is configured by is in its environment, and in no argument', async () => {
  await using world = await functionsWorld({ environment: { DATABASE_URL: 'postgresql://u:secret@h/d' } });
  const described = (await world.invoke('describe')) as Description;
  expect(described.environment).toMatchObject({ DATABASE_URL: 'postgresql://u:secret@h/d' });
  // The test's own process has it.
  expect(described.environment).not.toHaveProperty('VITEST');
  expect(described.arguments.join(' ')).not.toContain('secret');
});

test('a process that is warm is called again', async () => {
  await using world = await functionsWorld();
  const first = (await world.invoke('describe')) as Description;
  const second = (await world.invoke('describe')) as Description;
  expect(second).toMatchObject({ pid: first.pid, calls: 2 });
  expect(second.context.awsRequestId).not.toBe(first.context.awsRequestId);
});

test('calls at the same time have processes of their own, up to a bound, beyond which they wait', async () => {
  await using world = await functionsWorld({ settings: { gate: { concurrency: 2 } } });
  const calls = ['a', 'b', 'c', 'd'].map((call) => world.hold(call)) as Promise<{ pid: number }>[];
  const [[first = 0], [second = 0]] = [await world.gate.pids('a'), await world.gate.pids('b')];
  expect(first).not.toBe(second);
  // Another function has its own.
  await world.invoke('describe');
  expect(await world.gate.held()).toEqual(['a', 'b']);
  await world.gate.open();
  const results = await Promise.all(calls);
  expect(new Set(results.map(({ pid }) => pid))).toEqual(new Set([first, second]));
});

test('fifty calls at once are all answered, each by its own result, in four processes', async () => {
  await using world = await functionsWorld({ settings: { describe: { concurrency: 4 } } });
  const events = Array.from({ length: 50 }, (_, n) => n);
  const results = (await Promise.all(events.map((n) => world.invoke('describe', n)))) as Description[];
  expect(results).toMatchObject(events.map((event) => ({ event })));
  expect(new Set(results.map(({ pid }) => pid)).size).toBeLessThanOrEqual(4);
});

test('calls wait in their order; who goes away meanwhile takes no turn', async () => {
  await using world = await functionsWorld({ settings: { gate: { concurrency: 1 } } });
  const finished: string[] = [];
  const hold = async (call: string, signal?: AbortSignal) => {
    await world.hold(call, {}, signal);
    finished.push(call);
  };
  const first = hold('first');
  await world.gate.pids('first');
  const leaving = new AbortController();
  const gone = hold('gone', leaving.signal);
  const others = ['second', 'third', 'fourth'].map((call) => hold(call));
  // By now they all wait.
  await world.invoke('describe');
  leaving.abort(new Error('no longer wanted'));
  await expect(gone).rejects.toThrow('no longer wanted');
  await world.gate.open();
  await inTime(Promise.all([first, ...others]));
  expect(finished).toEqual(['first', 'second', 'third', 'fourth']);
  expect(await world.gate.held()).not.toContain('gone');
});

test('a process that nobody calls is ended, and the next call has a new one', async () => {
  const clock = manualClock();
  await using world = await functionsWorld({ clock });
  const { pid } = (await world.invoke('describe')) as Description;
  await eventually(() => expect(clock.waits()).toEqual([300_000]));
  clock.pass(299_999);
  expect(await world.invoke('describe')).toMatchObject({ pid });
  await eventually(() => expect(clock.waits()).toEqual([300_000]));
  clock.pass(300_000);
  await allGone([pid]);
  expect(await world.invoke('describe')).toMatchObject({ calls: 1 });
});

test('what functions run ends with those who opened them', async () => {
  const world = await functionsWorld();
  const { pid } = (await world.invoke('describe')) as Description;
  const held = world.hold('one', { withChild: true });
  const pids = await world.gate.pids('one');
  const [outcome] = await Promise.allSettled([held, world[Symbol.asyncDispose]()]);
  expect(outcome).toMatchObject({ status: 'rejected', reason: { message: 'the host ends' } });
  await allGone([pid, ...pids]);
  await expect(world.invoke('describe')).rejects.toThrow('the host ends');
  await expect(world.invoke('return')).rejects.toThrow('the host ends');
});

test.for(['nothing-there', '../functions/describe', 'Describe', 'describe.ts', '', 'x'.repeat(65), 'folder', 'a--b'])(
  'a function that there is not cannot be called: %s',
  async (name) => {
    await using folder = await temporaryFolder();
    await mkdir(join(folder.path, 'functions/folder.ts'), { recursive: true });
    for (const file of [
      'describe.ts',
      'functions/describe.ts',
      `functions/${'x'.repeat(65)}.ts`,
      'functions/a--b.ts',
    ]) {
      await symlink(join(TEST_FUNCTIONS, 'describe.ts'), join(folder.path, file));
    }
    await using world = await functionsWorld({ folder: join(folder.path, 'functions') });
    await expect(world.invoke(name)).rejects.toThrow(
      expect.objectContaining({
        name: 'Lambda.ResourceNotFoundException',
        message: `Function not found: ${name}`,
      }),
    );
  },
);

test('a function may be JavaScript, as it is where it is built', async () => {
  await using folder = await temporaryFolder();
  await writeFile(join(folder.path, 'built.js'), 'export const handler = (event) => ({ event });');
  await writeFile(join(folder.path, 'package.json'), '{"type": "module"}');
  await using world = await functionsWorld({ folder: folder.path });
  expect(await world.invoke('built', 1)).toEqual({ event: 1 });
});

test('what a function writes is logged by lines under its name, and no line without end', async () => {
  await using world = await functionsWorld();
  await world.invoke('write');
  await world[Symbol.asyncDispose]();
  await eventually(() => expect(world.said).toHaveLength(5));
  const long = world.said.find((line) => line.includes('long'));
  expect(long).toMatch(/^write: long .*…$/);
  expect(long?.length).toBeLessThan(5_000);
  expect(world.said.filter((line) => line !== long).sort()).toEqual([
    'write: in two parts',
    'write: to stderr',
    'write: to stdout',
    'write: without an end',
  ]);
});
