import { type HostProcess, type HostWorld, hostWorld } from '@datasens/testkit/host-world.ts';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';

let world: HostWorld;
let host: HostProcess;
let token = '';

beforeAll(async () => {
  world = await hostWorld();
  host = await world.start();
  await world.database.sql('create table t as select 1 as id');
  ({ token } = (await world.datasens('token', 'create', 'claire', '--json')).json);
});
afterAll(() => world[Symbol.asyncDispose]());

const ask = (path: string, init: RequestInit = {}) =>
  fetch(host.url + path, {
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...init,
  });
const read = async (path: string) => (await ask(path)).json() as Promise<Record<string, never>>;
const start = (body: object) => ask('/control/executions', { method: 'POST', body: JSON.stringify(body) });

/** What an execution has come to. */
async function ended(path: string) {
  const state = () => read(path);
  return await vi.waitUntil(async () => ((await state()).status === 'RUNNING' ? undefined : await state()), {
    timeout: 60_000,
  });
}

test('a workflow is started in the name of who calls, and its state and its audit are told', async () => {
  const started = await start({
    workflow: 'dump',
    name: 'by-http',
    input: { tables: ['public.t'], comment: 'by HTTP' },
  });
  expect(started.status).toBe(202);
  expect(await started.json()).toMatchObject({ workflow: 'dump', name: 'by-http' });
  // Sent again, it starts nothing anew.
  expect([202, 409]).toContain(
    (await start({ workflow: 'dump', name: 'by-http', input: { tables: ['public.t'], comment: 'by HTTP' } })).status,
  );
  const done = await ended('/control/executions/dump/by-http');
  expect(done).toMatchObject({ status: 'SUCCEEDED', output: { rows: 1 }, error: null });
  expect(await read('/control/executions?workflow=dump&status=SUCCEEDED')).toMatchObject({
    executions: [{ name: 'by-http', workflow: 'dump' }],
    cursor: null,
  });
  expect(await read('/audit/dumps?type=SQL')).toMatchObject({ dumps: [{ user: 'claire', comment: 'by HTTP' }] });
  expect(await read('/audit/events?dump=1')).toMatchObject({ events: [{ event: 'CREE', user: 'claire', dumpId: 1 }] });
});

test('nobody acts in the name of another', async () => {
  const response = await start({ workflow: 'dump', input: { user: 'paul' } });
  expect({ status: response.status, body: await response.json() }).toMatchObject({
    status: 400,
    body: { error: { name: 'InvalidInput', message: expect.stringContaining('that is who calls') } },
  });
});
