import { mkdir, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { listClientTools, toolPath } from '@datasens/core/postgres/client-tools.ts';
import { eventually } from '@datasens/testkit/eventually.ts';
import { hostWorld } from '@datasens/testkit/host-world.ts';
import { expect, test } from 'vitest';

const csv = (...ids: number[]) => `id,title\n${ids.map((id) => `${id},title ${id}\n`).join('')}`;
const IMPORTS = `select count(*)::int as n from t38_dump_audit where type = 'IMPORT'`;

test('a file that is dropped becomes rows, and a host that is asked to end does so, and leaves nothing behind', async () => {
  await using world = await hostWorld();
  const rule = { prefix: 'inbox/ventes/', table: 'v', delimiter: ';', ifExists: 'upsert', keyColumns: ['id'] };
  await writeFile(join(world.home, 'imports.json'), JSON.stringify({ rules: [rule] }));
  await world.database.sql('create table v (id int primary key, sold numeric)');
  const host = await world.start();
  await world.drop('ventes/monday.csv', 'id;sold\n1;10\n2;20\n');
  await world.until('select * from v order by id', [
    { id: 1, sold: '10' },
    { id: 2, sold: '20' },
  ]);
  await world.drop('ventes/tuesday.csv', 'id;sold\n2;25\n');
  await world.until('select * from v order by id', [
    { id: 1, sold: '10' },
    { id: 2, sold: '25' },
  ]);
  await world.drop('one.csv', csv(1, 2));
  await world.until('select id from t order by id', [{ id: '1' }, { id: '2' }]);
  await eventually(async () =>
    expect(await world.filesBelow('imported')).toEqual(['monday.csv', 'one.csv', 'tuesday.csv']),
  );
  const { json } = await world.datasens('audit', '--json');
  expect(json.dumps).toMatchObject(Array(3).fill({ type: 'IMPORT', user: 'inbox' }));

  const second = await world.datasens('host', '--port', '0', '--urls-port', '0');
  expect(second).toMatchObject({ code: 2, stderr: expect.stringContaining('another host') });
  await writeFile(join(world.home, 'imports.json'), '{"rules": [{"prefix": "elsewhere/"}]}');
  expect(await host.end('SIGTERM')).toBe(0);
  await expect(world.start()).rejects.toThrow(/imports\.json: rules\.0\.prefix/);
  const alone = await world.datasens('run', 'dump');
  expect(alone).toMatchObject({ code: 2, stderr: expect.stringContaining('no host runs here') });
});

test('a file that is still being written is left alone until it is whole', async () => {
  await using world = await hostWorld();
  await world.start();
  await world.drop('.hidden.csv', csv(7));
  await world.drop('download.csv.part', csv(8));
  await world.drop('slow.csv', csv(1));
  {
    await using writer = await open(join(world.bucket, 'inbox/public.t/slow.csv'), 'a');
    // Others come after it, and are taken.
    await world.drop('quick.csv', csv(2));
    await world.until('select id from t order by id', [{ id: '2' }]);
    await world.drop('quicker.csv', csv(3));
    await world.until('select id from t order by id', [{ id: '2' }, { id: '3' }]);
    await writer.write('4,title 4\n');
  }
  await world.until(
    'select id from t order by id',
    [1, 2, 3, 4].map((id) => ({ id: String(id) })),
  );
  await eventually(async () => expect(await world.filesBelow('inbox')).toEqual(['.hidden.csv', 'download.csv.part']));
});

test('50 files, and a host that is killed in the middle: every row is in once', async () => {
  await using world = await hostWorld();
  const first = await world.start();
  const ids = Array.from({ length: 50 }, (_, index) => index + 1);
  await Promise.all(ids.map((id) => world.drop(`${id}.csv`, csv(id))));
  await eventually(async () => {
    const [{ n = 0 } = {}] = await world.database.sql<{ n: number }>(IMPORTS);
    expect(n).toBeGreaterThan(5);
  });
  await first.end('SIGKILL');
  expect((await world.filesBelow('inbox')).length).toBeGreaterThan(0);
  await world.start();
  await world.until(IMPORTS, [{ n: 50 }]);
  await eventually(async () => expect(await world.filesBelow('inbox')).toEqual([]));
  const rows = await world.database.sql<{ id: string }>('select id from t order by id::int');
  expect(rows.map(({ id }) => Number(id))).toEqual(ids);
  expect(await world.filesBelow('imported')).toHaveLength(50);
  const verified = await world.datasens('journal', 'verify', '--json');
  expect(verified).toMatchObject({ code: 0, json: { ok: true } });
});

test('a workflow that is run by hand tells what it has come to', async () => {
  await using world = await hostWorld();
  await world.start();
  await world.database.sql('create table t as select 1 as id');
  const dumped = await world.datasens(
    'run',
    'dump',
    '--input',
    '{"comment": "by hand", "user": "somebody else"}',
    '--json',
  );
  expect(dumped).toMatchObject({ code: 0, json: { status: 'SUCCEEDED', output: { dumpId: 1, rows: 1 } } });
  const { json } = await world.datasens('audit', '--json');
  expect(json.dumps).toMatchObject([{ comment: 'by hand' }]);
  expect(json.dumps[0].user).not.toBe('somebody else');
  const failed = await world.datasens('run', 'restore', '--input', '{"dump": "77"}');
  expect(failed).toMatchObject({ code: 1, stdout: expect.stringMatching(/FAILED: NotFound: .*77/) });
  const unknown = await world.datasens('run', 'export');
  expect(unknown).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('but dump, guarded-step, import, restore'),
  });
  expect(await world.datasens('run', 'dump', '--input', '[]')).toMatchObject({ code: 2 });
});

test('a file for a protected table waits for another person, who needs to be told nothing of the host', async () => {
  await using world = await hostWorld();
  await world.start();
  await world.database.sql('create schema gold');
  await world.drop('gold.sales/sales.csv', csv(1));
  await world.until(`select statut from t41_approbation`, [{ statut: 'EN_ATTENTE' }]);
  const approved = await world.datasens('approve', '1');
  expect(approved).toMatchObject({ code: 0, stdout: expect.stringContaining('was told') });
  await world.until('select id from gold.sales', [{ id: '1' }]);
});

test('a step of one’s own that fails is rolled back, and writes nothing that stays', async () => {
  await using world = await hostWorld();
  const [tools] = await listClientTools({ binDir: process.env.PG_BIN_DIR });
  const psql = tools && toolPath(tools, 'psql');
  const step = { function: 'enrich', tables: ['public.t'], exclusive: true };
  await writeFile(join(world.home, 'steps.json'), JSON.stringify({ steps: { enrich: step } }));
  await mkdir(join(world.home, 'functions'));
  await writeFile(
    join(world.home, 'functions/enrich.mjs'),
    `import { execFileSync } from 'node:child_process';
     export const handler = ({ input }) => {
       execFileSync(${JSON.stringify(psql)}, ['--command', 'update t set id = -id', process.env.DATABASE_URL]);
       if (input.month === 'none') throw new RangeError('there is no such month');
       return { enriched: input.month };
     };`,
  );
  await world.database.sql('create table t as select n as id from generate_series(1, 3) n');
  await world.start();
  const enrich = (month: string) =>
    world.datasens('run', 'guarded-step', '--input', JSON.stringify({ step: 'enrich', input: { month } }), '--json');
  const failed = await enrich('none');
  expect(failed).toMatchObject({ code: 1, json: { status: 'FAILED', error: 'RangeError' } });
  expect(failed.json.cause).toMatch(/there is no such month.*rolled back|restored from dump \d+/s);
  await world.until('select id from t order by id', [{ id: 1 }, { id: 2 }, { id: 3 }]);
  const done = await enrich('november');
  expect(done).toMatchObject({ code: 0, json: { output: { result: { enriched: 'november' } } } });
  await world.until('select id from t order by id', [{ id: -3 }, { id: -2 }, { id: -1 }]);
});
