import { type LinkMethod, signLink } from '@datasens/core/approval/link.ts';
import { MAX_BODY_BYTES } from '@datasens/core/http/function-url.ts';
import { APPROVAL_ROUTES } from '@datasens/functions/http/approval-routes.ts';
import { AUDIT_ROUTES } from '@datasens/functions/http/audit-routes.ts';
import { CONTROL_ROUTES } from '@datasens/functions/http/control-routes.ts';
import { until } from '@datasens/testkit/eventually.ts';
import { type HostProcess, type HostWorld, hostWorld } from '@datasens/testkit/host-world.ts';
import { listenForJson } from '@datasens/testkit/listen-for-json.ts';
import { readOperations } from '@datasens/testkit/openapi.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';

const SECRET = 'a secret of the tests, 32 bytes.';
const IN_TIME = 9_999_999_999;
const JSON_TYPE = { 'content-type': 'application/json' };

const opened = new AsyncDisposableStack();
let world: HostWorld;
let host: HostProcess;
let webhook: Awaited<ReturnType<typeof listenForJson>>;
let claire = '';

beforeAll(async () => {
  webhook = opened.use(await listenForJson());
  world = opened.use(
    await hostWorld({
      DATASENS_APPROVERS: 'dora,inbox',
      DATASENS_LINK_SECRET: SECRET,
      DATASENS_NOTIFY_WEBHOOK: webhook.url,
    }),
  );
  host = await world.start();
  await world.database.sql('create table t as select 1 as id');
  await world.database.sql('create schema gold');
  claire = await tokenOf('claire');
});
afterAll(() => opened.disposeAsync());

const tokenOf = async (name: string) => (await world.datasens('token', 'create', name, '--json')).json.token as string;
const as = (token: string) => ({ authorization: `Bearer ${token}` });
const ask = (path: string, { headers, ...init }: RequestInit = {}) =>
  fetch(host.url + path, { ...init, headers: { ...as(claire), ...JSON_TYPE, ...headers } });
// biome-ignore lint/suspicious/noExplicitAny: a test reads whatever it expects
const read = async (path: string) => (await (await ask(path)).json()) as any;
const post = (path: string, body: unknown) => ask(path, { method: 'POST', body: JSON.stringify(body) });
const link = (approvalId: number, method: LinkMethod, approver = 'dora', expires = IN_TIME) => {
  const settings = { approvers: [], secret: () => SECRET };
  return `/approval/${approvalId}?${signLink(settings, method, { approvalId, approver, expires })}`;
};

test('a workflow is started in the name of who calls, and its state and its audit are told', async () => {
  const dump = { workflow: 'dump', name: 'by-http', input: { tables: ['public.t'], comment: 'by HTTP' } };
  const started = await post('/control/executions', dump);
  expect({ status: started.status, body: await started.json() }).toMatchObject({
    status: 202,
    body: { workflow: 'dump', name: 'by-http' },
  });
  const path = '/control/executions/dump/by-http';
  await until(async () => (await read(path)).status !== 'RUNNING', 100);
  expect(await read(path)).toMatchObject({ status: 'SUCCEEDED', output: { rows: 1 }, error: null });
  expect(await read('/control/executions?workflow=dump&status=SUCCEEDED')).toMatchObject({
    executions: [{ name: 'by-http', workflow: 'dump' }],
    cursor: null,
  });
  expect(await read('/audit/dumps?type=SQL')).toMatchObject({ dumps: [{ user: 'claire', comment: 'by HTTP' }] });
  expect(await read('/audit/events?dump=1')).toMatchObject({ events: [{ event: 'CREE', user: 'claire', dumpId: 1 }] });
});

test('a token lets in until it is revoked', async () => {
  const token = await tokenOf('robot');
  expect((await ask('/audit/dumps', { headers: as(token) })).status).toBe(200);
  expect((await ask('/audit/dumps', { headers: as(`${token}x`) })).status).toBe(401);
  const listed = await world.datasens('token', 'list', '--json');
  expect(listed.json.tokens).toContainEqual({ name: 'robot', createdAt: expect.any(String) });
  expect(listed.stdout).not.toContain(token);
  expect(await world.datasens('token', 'revoke', 'robot')).toMatchObject({ code: 0 });
  expect((await ask('/audit/dumps', { headers: as(token) })).status).toBe(401);
});

test('an approver is told by a link, by which a file gets into a protected table', async () => {
  await world.drop('gold.sales/sales.csv', 'id\n1\n');
  const told = await until(() => webhook.told.find(({ text }) => String(text).includes('wants to import')));
  const links = [...String(told.text).matchAll(/<(http[^|]*\/approval\/[^|]*)\|for (\w+)>/g)];
  expect(
    links.map(([, , approver]) => approver),
    'none for the one who asks',
  ).toEqual(['dora']);
  const url = (links[0]?.[1] ?? '').replaceAll('&amp;', '&');
  // Somebody's server looks at it first.
  expect((await fetch(url, { method: 'HEAD' })).status).toBe(200);
  const page = await (await fetch(url, { headers: { accept: 'text/html' } })).text();
  const [, action = ''] = /action="([^"]*)"/.exec(page) ?? [];
  const decided = await fetch(new URL(action.replaceAll('&#38;', '&'), url), {
    method: 'POST',
    headers: { accept: 'text/html' },
    body: new URLSearchParams({ decision: 'approved', comment: '' }),
  });
  expect({ status: decided.status, page: await decided.text() }).toMatchObject({
    status: 200,
    page: expect.stringContaining('Whoever waits for it was told'),
  });
  await world.until('select id from gold.sales', [{ id: '1' }]);
});

test('docs/openapi.json has every route, and everything is answered as it says', async () => {
  const operations = await readOperations();
  const routes = [...AUDIT_ROUTES, ...CONTROL_ROUTES, ...APPROVAL_ROUTES];
  const served = [...routes.map(({ method, path }) => `${method} ${path}`), 'POST /events/bucket'];
  expect([...operations.keys()].sort()).toEqual(served.sort());

  await world.drop('gold.other/other.csv', 'id\n1\n');
  await world.until(`select approbation_id::int as id from t41_approbation where statut = 'EN_ATTENTE'`, [{ id: 2 }]);
  const seen = new Set<string>();
  /** Asks what an operation stands for, and holds the answer against the document. */
  const see = async (operation: string, request: string, init: RequestInit = {}) => {
    const { method, answers } = operations.get(operation) ?? { method: '', answers: new Map() };
    const response = await ask(request, { method, ...init });
    const { status } = response;
    const text = await response.text();
    expect([...answers.keys()], `${operation} answers ${status}: ${text}`).toContain(String(status));
    const schema = answers.get(String(status));
    if (schema)
      expect(schema.safeParse(JSON.parse(text)), `${operation} ${status}: ${text}`).toMatchObject({ success: true });
    else expect(text).toBe('');
    seen.add(`${operation} ${status}`);
    return status;
  };
  const body = (value: unknown) => ({ body: JSON.stringify(value) });
  const large = { body: 'x'.repeat(MAX_BODY_BYTES + 1) };
  const text = { body: 'x', headers: { 'content-type': 'text/plain' } };
  const nobody = { headers: as('nobody') };

  for (const path of ['/audit/dumps', '/audit/events']) {
    for (const asked of [path, `${path}?limit=0`]) await see(`GET ${path}`, asked);
    await see(`GET ${path}`, path, nobody);
  }
  const executions = '/control/executions';
  const start = `POST ${executions}`;
  await see(start, executions, body({ workflow: 'rotation', name: 'first' }));
  const again = body({ workflow: 'dump', name: 'by-http', input: { tables: ['public.other'] } });
  for (const init of [again, body({}), body({ workflow: 'none' }), large, text, nobody])
    await see(start, executions, init);
  const list = `GET ${executions}`;
  for (const query of ['?workflow=dump', '?workflow=none', '']) await see(list, executions + query);
  await see(list, executions, nobody);
  const describe = `GET ${executions}/{workflow}/{name}`;
  for (const path of ['/dump/by-http', '/dump/none', '/dump/by-http?a=1']) await see(describe, executions + path);
  await see(describe, `${executions}/dump/by-http`, nobody);
  const show = 'GET /approval/{id}';
  const alone = link(2, 'GET');
  for (const path of [alone, `${alone}&a=1`, link(2, 'POST'), link(99, 'GET')]) await see(show, path);
  const decide = 'POST /approval/{id}';
  const yes = body({ decision: 'approved' });
  for (const init of [body({ decision: 'perhaps' }), large, text]) await see(decide, link(2, 'POST'), init);
  for (const path of [alone, link(99, 'POST'), link(2, 'POST'), link(2, 'POST')]) await see(decide, path, yes);
  for (const init of [{}, large, nobody]) await see('POST /events/bucket', '/events/bucket', init);

  // Whoever asks too often is told so whatever they ask.
  const hasty = { headers: as(await tokenOf('hasty')) };
  for (const operation of operations.keys()) {
    const path = operation.split(' ')[1] ?? '';
    await until(async () => {
      await Promise.all(Array.from({ length: 40 }, () => ask('/none', hasty)));
      return (await see(operation, path.replace(/[{}]/g, ''), hasty)) === 429;
    });
  }

  const documented = [...operations].flatMap(([name, { answers }]) =>
    [...answers.keys()].map((status) => `${name} ${status}`),
  );
  expect([...seen].sort()).toEqual(documented.filter((each) => !each.endsWith(' default')).sort());
});
