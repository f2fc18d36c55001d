import { verifyJournal } from '@datasens/core/audit/verify-journal.ts';
import { verifyDump } from '@datasens/core/dump/verify-dump.ts';
import type { Json } from '@datasens/local/step-functions/json.ts';
import { askedApproval } from '@datasens/testkit/asked-approval.ts';
import { expectInvariants } from '@datasens/testkit/invariants.ts';
import { type LambdaWorld, lambdaWorld } from '@datasens/testkit/lambda/lambda-world.ts';
import { storeDump } from '@datasens/testkit/stored-dump.ts';
import { requestUrl } from '@datasens/testkit/url-request.ts';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';

const DAY_MS = 86_400_000;

/** One deployment for all: what one workflow has left is there for the next, as it would be. */
let world: LambdaWorld;
let dump = 0;
const opened = new AsyncDisposableStack();

beforeAll(async () => {
  const { runtime, probes } = inject('lambda');
  world = opened.use(
    await lambdaWorld({
      environment: {
        DATASENS_SCRATCH_URL: inject('serverUrl'),
        DATASENS_STEPS: JSON.stringify({ steps: { enrich: { function: 'describe', tables: ['public.t'] } } }),
        DATASENS_APPROVERS: 'claire,dora',
        DATASENS_LINK_SECRET: 'a secret of the tests, 32 bytes.',
        DATASENS_APPROVAL_URL: 'https://dumps.example',
      },
      settings: { describe: { image: runtime, task: probes } },
    }),
  );
  await world.dumps.source.sql(`create table t as select n from generate_series(1, 100) n;
    create table news (id int, title text); insert into news values (1, 'a'), (2, 'b');
    create schema gold; create table gold.sales (id int, title text)`);
});
afterAll(() => opened.disposeAsync());

async function run(workflow: string, input: Parameters<LambdaWorld['run']>[1]) {
  const ended = await world.run(workflow, input, workflow);
  expect(ended, world.lambda.said.join('\n')).toMatchObject({ status: 'SUCCEEDED' });
  return ended.output;
}

async function count(table: string): Promise<number | undefined> {
  const [row] = await world.dumps.source.sql<{ n: number }>(`select count(*)::int as n from ${table}`);
  return row?.n;
}

async function upload(key: string) {
  const { etag } = await world.dumps.audit.store.put(key, [Buffer.from('id,title\n3,third\n4,fourth\n5,fifth\n')]);
  return { key, etag, user: 'paul' };
}

test('a dump is made, read back and registered', async () => {
  const output = await run('dump', { user: 'claire', purpose: 'scheduled' });
  expect(output).toMatchObject({ rows: 102, warnings: [] });
  dump = Number(output.dumpId);
  expect(await expectInvariants(world.dumps)).toEqual([dump]);
});

test('it is restored in place, and proven', async () => {
  await world.dumps.source.sql('delete from t where n > 10');
  const asked = { user: 'paul', dump: String(dump), tables: ['public.t'], inPlace: true, clean: true, prove: true };
  const output = await run('restore', asked);
  expect(output).toMatchObject({ dumpId: dump, mode: 'in-place', proven: true });
  expect(await count('t')).toBe(100);
  expect(await expectInvariants(world.dumps)).toContain(output.safetyDumpId);
});

test('dumps are restored for a test, on a scratch server', async () => {
  const { dumps } = await run('restore-test', { user: 'paul' });
  expect(dumps).toContainEqual(expect.objectContaining({ dumpId: dump, level: 'content', rows: 102 }));
});

test('a file of the inbox replaces a table, which is dumped before', async () => {
  const file = await upload('inbox/public.news/2026/news.csv');
  const output = await run('import', { ...file, table: 'public.news', ifExists: 'replace' });
  expect(output).toMatchObject({ rowsRead: 3, rowsInserted: 3, settled: { outcome: 'moved' } });
  expect(await count('news')).toBe(3);
});

test('a protected table waits for another person, who follows the link that was sent', async () => {
  const file = await upload('inbox/gold.sales/2026/sales.csv');
  const arn = world.start('import', { ...file, table: 'gold.sales' }, 'protected');
  await askedApproval(world, arn, 'protected');
  const [, link = ''] = /<(https:[^|]*)\|/.exec(JSON.stringify(world.told.at(-1))) ?? [];
  const { pathname, search } = new URL(link.replaceAll('&amp;', '&'));
  const ask = (event: unknown) => world.lambda.invoke('url-approval', event as Json);
  const shown = await requestUrl(ask, { path: pathname + search });
  expect(shown).toMatchObject({ status: 200, json: { approval: { requestedBy: 'paul', rows: 3 } } });
  const decided = await requestUrl(ask, {
    method: 'POST',
    path: shown.json.decide,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ decision: 'approved', comment: 'checked' }),
  });
  expect(decided).toMatchObject({ status: 200, json: { changed: true } });
  expect(await world.ended(arn)).toMatchObject({ status: 'SUCCEEDED', output: { rowsInserted: 3 } });
  expect(await count('gold.sales')).toBe(3);
});

test('a guarded step has its tables dumped, and is called', async () => {
  const output = await run('guarded-step', { user: 'paul', step: 'enrich', input: { month: '2026-11' } });
  expect(output).toMatchObject({ dumpId: expect.any(Number), result: { calls: 1 } });
  const { manifest } = await verifyDump(world.dumps.deps, { dump: String(output.dumpId), user: 'claire' });
  expect(manifest).toMatchObject({ purpose: 'guarded', rows: 100 });
});

test('what is too old is rotated', async () => {
  const { audit } = world.dumps;
  for (let n = 1; n <= 9; n += 1) {
    await storeDump(audit, 1_000 + n, { createdAt: new Date(Date.now() - n * DAY_MS), lineage: 'manual' });
  }
  await run('rotation', { user: 'claire' });
  const [row] = await audit.server.sql(
    `select count(*) filter (where statut = 'ACTIF')::int as active, count(*) filter (where statut = 'SUPPRIME')::int as deleted
       from t38_dump_audit where dump_id > 1000`,
  );
  expect(row).toEqual({ active: 7, deleted: 2 });
  expect(await verifyJournal(world.dumps.deps)).toMatchObject({ ok: true, problems: [] });
});

test('nothing was called but by a state of its own, and none of it as a task', () => {
  expect(world.tasks).toEqual([]);
  expect(world.called).not.toContain('record-failure');
});
