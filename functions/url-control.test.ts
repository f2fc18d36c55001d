import { machineArn } from '@datasens/local/step-functions/arns.ts';
import { apiWorld } from '@datasens/testkit/api-world.ts';
import { setEnvironment } from '@datasens/testkit/set-environment.ts';
import { machine } from '@datasens/testkit/step-functions-world.ts';
import { requestUrl } from '@datasens/testkit/url-request.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { handler } from './url-control.ts';

let world: Awaited<ReturnType<typeof apiWorld>>;
const environment = new DisposableStack();

beforeAll(async () => {
  world = await apiWorld();
  await world.create('echo', JSON.stringify(machine({ Echo: { Type: 'Pass', End: true } })));
  await world.create('breaks', JSON.stringify(machine({ Stop: { Type: 'Fail', Error: 'Own', Cause: 'why' } })));
  await world.create('secret', JSON.stringify(machine({ Echo: { Type: 'Pass', End: true } })));
  const arns = { echo: machineArn('echo'), breaks: machineArn('breaks'), gone: machineArn('gone') };
  environment.use(setEnvironment({ AWS_ENDPOINT_URL_SFN: world.url, WORKFLOW_MACHINE_ARNS: JSON.stringify(arns) }));
});
afterAll(async () => {
  environment.dispose();
  await world[Symbol.asyncDispose]();
});

const ask = (path: string) => requestUrl(handler, { path: `/control/executions${path}`, caller: 'claire' });
const start = (body: object) =>
  requestUrl(handler, {
    path: '/control/executions',
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    caller: 'claire',
  });

test('a workflow is started with the caller as who acts, and told of until it has ended', async () => {
  const { status, json } = await start({ workflow: 'echo', name: 'one', input: { a: 1 } });
  expect({ status, json }).toMatchObject({ status: 202, json: { workflow: 'echo', name: 'one' } });
  await world.ended(json.executionArn);
  expect((await ask('/echo/one')).json).toEqual({
    ...json,
    status: 'SUCCEEDED',
    startedAt: expect.stringMatching(/^\d{4}-.*Z$/),
    stoppedAt: expect.stringMatching(/^\d{4}-.*Z$/),
    output: { a: 1, user: 'claire' },
    error: null,
    cause: null,
  });
  // Done, its name is taken.
  expect(await start({ workflow: 'echo', name: 'one' })).toMatchObject({
    status: 409,
    json: { error: { name: 'Conflict' } },
  });
});

test('one that fails tells why', async () => {
  const { json } = await start({ workflow: 'breaks' });
  await world.ended(json.executionArn);
  expect((await ask(`/breaks/${json.name}`)).json).toMatchObject({
    status: 'FAILED',
    output: null,
    error: 'Own',
    cause: 'why',
  });
});

test('executions are listed page by page, newest first', async () => {
  for (const name of ['page-1', 'page-2', 'page-3']) await start({ workflow: 'breaks', name });
  const { json } = await ask('?workflow=breaks&limit=2');
  const names = (executions: readonly { readonly name: string }[]) => executions.map(({ name }) => name);
  expect(names(json.executions)).toEqual(['page-3', 'page-2']);
  const next = await ask(`?workflow=breaks&limit=1&cursor=${json.cursor}`);
  expect(names(next.json.executions)).toEqual(['page-1']);
  expect(await ask('?workflow=breaks&status=SUCCEEDED')).toMatchObject({ json: { executions: [], cursor: null } });
});

test.for([
  ['who acts is given', { workflow: 'echo', input: { user: 'paul' } }, 400],
  ['a workflow that may not be started', { workflow: 'secret' }, 404],
  ['an ARN', { workflow: machineArn('secret') }, 404],
  ['a property of every object', { workflow: 'constructor' }, 404],
  ['a name that stands in no path', { workflow: 'echo', name: 'a/b' }, 400],
  ['an input that is none', { workflow: 'echo', input: [] }, 400],
  ['more than is known', { workflow: 'echo', user: 'paul' }, 400],
  ['an input that is too large for a state machine', { workflow: 'echo', input: { a: 'x'.repeat(300_000) } }, 400],
  ['a workflow that is not deployed', { workflow: 'gone' }, 500],
] as const)('what cannot be started is not: %s', async ([_, body, status]) => {
  expect((await start(body)).status).toBe(status);
});

test.for([
  ['?workflow=none', 404],
  ['', 400],
  ['?workflow=breaks&cursor=x', 400],
  ['/echo/none', 404],
  ['/none/one', 404],
  ['/echo/a%2Fb', 404],
] as const)('what is not there is not told: %s', async ([path, status]) => {
  expect((await ask(path)).status).toBe(status);
});

test('nobody starts anything, or is told anything, who is not known', async () => {
  expect((await requestUrl(handler, { path: '/control/executions?workflow=echo' })).status).toBe(401);
});

test('Step Functions that cannot be reached may be later', async () => {
  using _ = setEnvironment({ AWS_ENDPOINT_URL_SFN: 'http://127.0.0.1:1' });
  expect(await start({ workflow: 'echo' })).toMatchObject({ status: 503, headers: { 'retry-after': '5' } });
});
