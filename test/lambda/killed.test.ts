import { expectInvariants } from '@datasens/testkit/invariants.ts';
import { lambdaWorld } from '@datasens/testkit/lambda/lambda-world.ts';
import { LARGE_TABLE } from '@datasens/testkit/large-table.ts';
import { expect, test } from 'vitest';
import { ENDINGS, endWhileLocked, expectKilled, faultyWorld } from './ending-world.ts';

test.for(ENDINGS)('a dump that is ended in its upload because $why goes on as a task', async ({ end, error }) => {
  await using world = await faultyWorld('stage', 'UploadPart', ({ lambda }) => ({
    moment: 'before',
    action: async () => await (await lambda.busy('stage'))[end](),
  }));
  await world.dumps.source.sql(LARGE_TABLE);
  const ended = await world.run('dump', { user: 'claire' }, 'killed');
  expect(ended).toMatchObject({ status: 'SUCCEEDED', output: { rows: 40_000 } });
  await expectKilled(world, ended.arn, 'stage', error);
  expect(await expectInvariants(world.dumps)).toEqual([ended.output.dumpId]);
});

test.for(ENDINGS)(
  'a restore that is ended in its transaction because $why goes on as a task',
  async ({ end, error }) => {
    await using world = await lambdaWorld({ settings: { restore: { memoryMb: 256 } } });
    const { source } = world.dumps;
    await source.sql('create table a as select 1 as n; create table b as select n from generate_series(1, 100) n');
    const { output } = await world.run('dump', { user: 'claire' });
    await source.sql('delete from b where n > 10; update a set n = 2');
    const asked = { user: 'paul', dump: String(output.dumpId), inPlace: true, clean: true, prove: true };
    const arn = world.start('restore', asked, 'killed');
    await endWhileLocked(world, { functionName: 'restore', lock: 'lock table b in access share mode', end });
    expect(await world.ended(arn)).toMatchObject({ status: 'SUCCEEDED', output: { proven: true, rows: 101 } });
    await expectKilled(world, arn, 'restore', error);
    expect(await source.sql('select a.n, count(*)::int as rows from a, b group by 1')).toEqual([{ n: 1, rows: 100 }]);
    await expectInvariants(world.dumps);
  },
);

test.for(ENDINGS)('an import that is ended among its rows because $why goes on as a task', async ({ end, error }) => {
  await using world = await lambdaWorld({ settings: { import: { memoryMb: 256 } } });
  const { source, audit } = world.dumps;
  await source.sql(`create table news (id int, title text);
    create function wait() returns trigger language plpgsql as
      $$ begin perform pg_advisory_xact_lock_shared(7); return new; end $$;
    create trigger wait before insert on news for each row when (new.id = 4) execute function wait()`);
  const key = 'inbox/public.news/2026/news.csv';
  const { etag } = await audit.store.put(key, [Buffer.from('id,title\n3,third\n4,fourth\n5,fifth\n')]);
  const arn = world.start('import', { key, etag, table: 'public.news', user: 'claire' }, 'killed');
  await endWhileLocked(world, { functionName: 'import', lock: 'select pg_advisory_xact_lock(7)', end });
  expect(await world.ended(arn)).toMatchObject({ status: 'SUCCEEDED', output: { rowsInserted: 3, duplicateOf: null } });
  await expectKilled(world, arn, 'import', error);
  expect(await source.sql('select id from news order by id')).toEqual([{ id: 3 }, { id: 4 }, { id: 5 }]);
  expect(await source.sql('select lignes_inserees::int as n from t40_import_registre')).toEqual([{ n: 3 }]);
});
