import { containerCli } from '@datasens/testkit/container/container-cli.ts';
import { type LambdaFunctions, openLambda } from '@datasens/testkit/lambda/functions.ts';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';

/*
 * What Lambda does to any function, done to functions of the test kit: that the tests of ours mean what they say. The
 * runtime is Lambda's own client, as in the image.
 */
const { runtime, probes } = inject('lambda');
const ID = '[0-9a-f-]{36}';
let lambda: LambdaFunctions;

beforeAll(async () => {
  const settings = { image: runtime, memoryMb: 256, timeoutMs: 900_000 };
  lambda = openLambda({
    cli: await containerCli(),
    environment: { GREETING: 'hello' },
    task: probes,
    settingsOf: (name) => ({ ...settings, ...(name === 'block' ? { timeoutMs: 2_000 } : {}) }),
  });
});
afterAll(() => lambda[Symbol.asyncDispose]());

const failure = (name: string, message: RegExp) =>
  expect.objectContaining({ name, message: expect.stringMatching(message) });

test('a function begins when it is first called, and is kept, frozen, for the next call', async () => {
  const first = await lambda.invoke('describe', { a: 1 });
  expect(first).toMatchObject({
    calls: 1,
    event: { a: 1 },
    context: { functionName: 'describe', memoryLimitInMB: '256' },
    environment: { GREETING: 'hello', _HANDLER: 'describe.handler' },
  });
  const environment = lambda.last('describe');
  await environment.settled();
  expect(await environment.container.state()).toBe('paused');
  expect(await lambda.invoke('describe', {})).toMatchObject({ calls: 2 });
});

test('nothing can be written but in /tmp, by a user who may do nothing, without any right', async () => {
  expect(await lambda.invoke('confined', {})).toEqual({
    user: [993, 990, [990]],
    rights: '0000000000000000',
    unwritable: { '/var/task': 'EROFS', '/usr': 'EROFS', '/': 'EROFS', '/var/tmp': 'EROFS', '/run': 'EROFS' },
    written: true,
  });
});

test.for<[string, string, RegExp]>([
  ['exit 0', 'Runtime.ExitError', /^RequestId: \S+ Error: Runtime exited without providing a reason$/],
  ['exit 3', 'Runtime.ExitError', /Runtime exited with error: exit status 3$/],
  [
    'buffers full',
    'Runtime.ExitError',
    new RegExp(`^RequestId: ${ID} Error: Runtime exited with error: signal: killed$`),
  ],
])('a runtime that ends under its call is told by its end, and replaced: %s', async ([how, name, message]) => {
  await expect(lambda.invoke('die', how)).rejects.toThrow(failure(name, message));
  expect(lambda.last('die').usable).toBe(false);
});

test('a call that takes longer than its time is killed', async () => {
  const overdue = new RegExp(`^RequestId: ${ID} Error: Task timed out after 2.00 seconds$`);
  await expect(lambda.invoke('block', {})).rejects.toThrow(failure('Sandbox.Timedout', overdue));
  expect(await lambda.last('block').container.ended).toMatchObject({ code: 137 });
});

test('the largest response is taken, and one byte more is an error', async () => {
  expect(await lambda.invoke('return', 'largest')).toHaveLength(6_291_554);
  const refusal = failure('Function.ResponseSizeTooLarge', /maximum allowed payload size \(6291556 bytes\)/);
  await expect(lambda.invoke('return', 'too large')).rejects.toThrow(refusal);
});

test.for<[string, string, RegExp]>([
  ['no-handler', 'Runtime.HandlerNotFound', /no-handler.handler is undefined or not exported/],
  ['absent', 'Runtime.ImportModuleError', /Cannot find module 'absent'/],
])('what cannot be loaded fails its call: %s', async ([name, error, message]) => {
  await expect(lambda.invoke(name, {})).rejects.toThrow(failure(error, message));
});
