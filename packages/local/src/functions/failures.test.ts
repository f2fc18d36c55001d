import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually, inTime } from '@datasens/testkit/eventually.ts';
import { allGone, functionsWorld } from '@datasens/testkit/functions-world.ts';
import { manualClock } from '@datasens/testkit/manual-clock.ts';
import { temporaryFolder } from '@datasens/testkit/temporary-folder.ts';
import { expect, test } from 'vitest';

const ID = '[0-9a-f-]{36}';
const failure = (name: string, message: string | RegExp, more: object = {}) =>
  expect.objectContaining({
    name,
    message: typeof message === 'string' ? message : expect.stringMatching(message),
    ...more,
  });

test('an error that a handler throws has its name, its message and its stack', async () => {
  await using world = await functionsWorld();
  await expect(world.invoke('throw', 'error')).rejects.toThrow(
    failure('NotAllowed', 'it is not allowed', { stack: expect.stringContaining('throw.ts') }),
  );
  // Its process is as good as before.
  const first = (await world.invoke('describe')) as { pid: number };
  expect(await world.invoke('describe')).toMatchObject({ pid: first.pid });
});

test.for([
  ['text', 'a text'],
  ['nothing', 'undefined'],
  ['null', 'null'],
  ['hostile', 'what was thrown cannot be told'],
])('what a handler throws that is no error is handed on as text: %s', async ([what = '', text]) => {
  await using world = await functionsWorld();
  await expect(world.invoke('throw', what)).rejects.toBe(text);
});

test.for<[string, unknown]>([
  ['nothing', null],
  ['function', null],
  ['date', '1970-01-01T00:00:00.000Z'],
  ['largest', 'x'.repeat(6_291_554)],
])('a result is what JSON makes of it: %s', async ([what, expected]) => {
  await using world = await functionsWorld();
  expect(await world.invoke('return', what)).toEqual(expected);
});

test.for<[string, string, string]>([
  ['bigint', 'Runtime.JSONStringifyError', 'Unable to stringify response body'],
  ['cycle', 'Runtime.JSONStringifyError', 'Unable to stringify response body'],
  [
    'too large',
    'Function.ResponseSizeTooLarge',
    'Response payload size exceeded maximum allowed payload size (6291556 bytes).',
  ],
  ['too large in UTF-8', 'Function.ResponseSizeTooLarge', expect.any(String)],
])('a result that Lambda would not take is its error: %s', async ([what, name, message]) => {
  await using world = await functionsWorld();
  await expect(world.invoke('return', what)).rejects.toThrow(expect.objectContaining({ name, message }));
  expect(await world.invoke('return', 'date')).toBe('1970-01-01T00:00:00.000Z');
});

test.for<[string, string, string]>([
  ['exit 0', 'Runtime.ExitError', 'Runtime exited without providing a reason'],
  ['exit 3', 'Runtime.ExitError', 'Runtime exited with error: exit status 3'],
  ['killed', 'Runtime.ExitError', 'Runtime exited with error: signal: killed'],
  ['terminated', 'Runtime.ExitError', 'Runtime exited with error: signal: terminated'],
  ['uncaught error', 'Runtime.ExitError', 'Runtime exited with error: exit status 1'],
  ['unhandled rejection', 'Runtime.ExitError', 'Runtime exited with error: exit status 1'],
  ['heap full', 'Runtime.OutOfMemory', 'Runtime exited with error: signal: killed'],
  ['buffers full', 'Runtime.OutOfMemory', 'Runtime exited with error: signal: killed'],
])('a process that ends under its call is told by its end, and replaced: %s', async ([how, name, ending]) => {
  await using world = await functionsWorld({ settings: { die: { memoryMb: 128 } } });
  const dies = () =>
    expect(world.invoke('die', how)).rejects.toThrow(
      failure(name, new RegExp(`^RequestId: ${ID} Error: ${ending}$`), { stack: undefined }),
    );
  await dies();
  await dies();
});

test('a process that cannot be started is an error that is retried', async () => {
  // More than the system hands to a program.
  await using world = await functionsWorld({ environment: { LARGE: 'x'.repeat(4_000_000) } });
  await expect(world.invoke('describe')).rejects.toThrow(
    failure('Lambda.ServiceException', /^no process could be started: /),
  );
});

test('a process that has ended since its last call is not called again', async () => {
  await using world = await functionsWorld();
  const { pid } = (await world.invoke('describe')) as { pid: number };
  process.kill(pid, 'SIGKILL');
  // No zombie either: whoever started it has learnt of its end.
  await eventually(() => expect(() => process.kill(pid, 0)).toThrow('ESRCH'));
  expect(await world.invoke('describe')).toMatchObject({ calls: 1 });
});

test.for([
  ['waits', false],
  ['computes', true],
] as const)(
  'a function that %s for ever is ended when its time is over, with what it has started',
  async ([, blocking]) => {
    const clock = manualClock();
    await using world = await functionsWorld({ clock });
    const hangs = world.hold('one', { withChild: true, blocking });
    const pids = await world.gate.pids('one');
    expect(clock.waits()).toEqual([900_000]);
    clock.pass(900_000);
    const message = new RegExp(`^RequestId: ${ID} Error: Task timed out after 900.00 seconds$`);
    await expect(hangs).rejects.toThrow(failure('Sandbox.Timedout', message, { stack: undefined }));
    await allGone(pids);
    // The next one has a process of its own, and its whole time.
    const next = world.hold('two');
    expect(await world.gate.pids('two')).not.toContain(pids[0]);
    expect(clock.waits()).toEqual([900_000]);
    await world.gate.open();
    await next;
  },
);

test('the time to load a function is none of the time of its call', async () => {
  const clock = manualClock();
  await using world = await functionsWorld({ clock, settings: { gate: { timeoutMs: 1_000 } } });
  const call = world.hold('one');
  await eventually(() => expect(clock.waits()).toEqual([1_000]));
  clock.pass(600);
  await world.gate.pids('one');
  expect(clock.waits()).toEqual([1_000]);
  await world.gate.open();
  await call;
});

test('a module that never loads is a function that takes too long', async () => {
  const clock = manualClock();
  await using folder = await temporaryFolder();
  await writeFile(
    join(folder.path, 'endless.ts'),
    'await new Promise((resolve) => setTimeout(resolve, 1e9)); export {};',
  );
  await using world = await functionsWorld({ clock, folder: folder.path });
  const call = world.invoke('endless');
  await eventually(() => expect(clock.waits()).toEqual([900_000]));
  clock.pass(900_000);
  await expect(call).rejects.toThrow(failure('Sandbox.Timedout', /900.00 seconds$/));
});

test('a call that nobody waits for is cut off at once, with what it has started', async () => {
  await using world = await functionsWorld();
  const caller = new AbortController();
  const call = world.hold('one', { withChild: true }, caller.signal);
  const pids = await world.gate.pids('one');
  caller.abort(new Error('no longer wanted'));
  await expect(call).rejects.toThrow('no longer wanted');
  await allGone(pids);
  const next = world.hold('two');
  expect(await world.gate.pids('two')).not.toContain(pids[0]);
  await world.gate.open();
  await next;
});

test('what a process has started ends with it', async () => {
  await using world = await functionsWorld();
  const call = world.hold('one', { withChild: true });
  const [pid = 0, child = 0] = await world.gate.pids('one');
  process.kill(pid, 'SIGKILL');
  await expect(call).rejects.toThrow('signal: killed');
  await allGone([child]);
});

test.for<[string, string, string, string]>([
  ['imports what is not there', "import './nowhere.ts';", 'Runtime.ImportModuleError', 'nowhere'],
  ['is no JavaScript', 'export const handler = (', 'Runtime.UserCodeSyntaxError', 'SyntaxError'],
  [
    'throws while it is loaded',
    "throw Object.assign(new Error('set A_VARIABLE'), { name: 'ConfigError' });",
    'ConfigError',
    'set A_VARIABLE',
  ],
  ['exits while it is loaded', 'process.exit(2);', 'Runtime.ExitError', 'exit status 2'],
])('a module that %s fails its calls, until it is put right', async ([, source, name, message]) => {
  await using folder = await temporaryFolder();
  const write = (text: string) => writeFile(join(folder.path, 'broken.ts'), text);
  await write(source);
  await using world = await functionsWorld({ folder: folder.path });
  await expect(world.invoke('broken')).rejects.toThrow(failure(name, new RegExp(message)));
  await write('export const handler = () => 1;');
  expect(await inTime(world.invoke('broken'))).toBe(1);
});

test.for([
  ['no-handler', 'no-handler.handler is undefined or not exported'],
  ['no-function', 'no-function.handler is not a function'],
])('a module without a handler has no function: %s', async ([name = '', message = '']) => {
  await using world = await functionsWorld();
  await expect(world.invoke(name)).rejects.toThrow(failure('Runtime.HandlerNotFound', message));
});
