import { verifyJournal } from '@datasens/core/audit/verify-journal.ts';
import { verifyDump } from '@datasens/core/dump/verify-dump.ts';
import { LARGE_TABLE } from '@datasens/testkit/large-table.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ENDINGS, type EndingWorld, endingWorld, endWhileLocked, expectKilled } from './ending-world.ts';

/** Less than there is of /tmp. */
const SMALL = { memoryMb: 256 };
/** A dozen containers each, on a machine that is busy. */
const LONG = 300_000;

let world: EndingWorld;

beforeAll(async () => {
  world = await endingWorld({ stage: SMALL, restore: SMALL, import: SMALL });
  await world.dumps.source.sql(`${LARGE_TABLE};
    create table news (id int, title text);
    create function wait() returns trigger language plpgsql as
      $$ begin perform pg_advisory_xact_lock_shared(7); return new; end $$;
    create trigger wait before insert on news for each row when (new.id = 4) execute function wait()`);
}, LONG);
afterAll(() => world[Symbol.asyncDispose](), LONG);

/** Expects that the journal is whole, and that each row of a dump is one that is stored: so many more than before. */
async function expectDumps(more: number, before: readonly number[]): Promise<void> {
  const dumps = await dumpIds();
  expect(dumps).toHaveLength(before.length + more);
  for (const dump of dumps) await verifyDump(world.dumps.deps, { dump: String(dump), user: 'invariants' });
  expect((await world.dumps.dumpKeys()).filter((key) => key.endsWith('/manifest.json'))).toHaveLength(dumps.length);
  expect(await verifyJournal(world.dumps.deps)).toMatchObject({ ok: true, problems: [] });
}

async function dumpIds(): Promise<number[]> {
  const rows = await world.dumps.audit.server.sql<{ id: number }>(
    `select dump_id::int as id from t38_dump_audit where type = 'SQL'`,
  );
  return rows.map(({ id }) => id);
}

test.for(ENDINGS)(
  'a dump that is ended in its upload because $why goes on as a task',
  { timeout: LONG },
  async ({ end, error }) => {
    const before = await dumpIds();
    const action = async () => await (await world.lambda.busy('stage'))[end]();
    world.fault('stage', 'UploadPart', { moment: 'before', action });
    const ended = await world.run('dump', { user: 'claire' });
    expect(ended).toMatchObject({ status: 'SUCCEEDED', output: { rows: 40_000 } });
    await expectKilled(world, ended.arn, 'stage', error);
    await expectDumps(1, before);
  },
);

test.for(ENDINGS)(
  'a restore that is ended in its transaction because $why goes on as a task',
  { timeout: LONG },
  async ({ end, error, why }) => {
    const { source } = world.dumps;
    await source.sql(`drop table if exists large, a, b; create table a as select 1 as n;
    create table b as select n from generate_series(1, 100) n`);
    const { output } = await world.run('dump', { user: 'claire', tables: ['public.a', 'public.b'] });
    await source.sql('delete from b where n > 10; update a set n = 2');
    const before = await dumpIds();
    const asked = { user: 'paul', dump: String(output.dumpId), inPlace: true, clean: true, prove: true };
    const arn = world.start('restore', asked, `restored-${why.length}`);
    await endWhileLocked(world, { functionName: 'restore', lock: 'lock table b in access share mode', end });
    expect(await world.ended(arn)).toMatchObject({ status: 'SUCCEEDED', output: { proven: true, rows: 101 } });
    await expectKilled(world, arn, 'restore', error);
    expect(await source.sql('select a.n, count(*)::int as rows from a, b group by 1')).toEqual([{ n: 1, rows: 100 }]);
    // The safety dump.
    await expectDumps(1, before);
  },
);

test.for(ENDINGS)(
  'an import that is ended among its rows because $why goes on as a task',
  { timeout: LONG },
  async ({ end, error, why }) => {
    const { source, audit } = world.dumps;
    await source.sql('truncate news');
    const before = await dumpIds();
    const key = `inbox/public.news/${why.length}/news.csv`;
    const { etag } = await audit.store.put(key, [Buffer.from(`id,title\n3,third\n4,because ${why}\n5,fifth\n`)]);
    const arn = world.start('import', { key, etag, table: 'public.news', user: 'claire' }, `imported-${why.length}`);
    await endWhileLocked(world, { functionName: 'import', lock: 'select pg_advisory_xact_lock(7)', end });
    expect(await world.ended(arn)).toMatchObject({
      status: 'SUCCEEDED',
      output: { rowsInserted: 3, duplicateOf: null },
    });
    await expectKilled(world, arn, 'import', error);
    expect(await source.sql('select id from news order by id')).toEqual([{ id: 3 }, { id: 4 }, { id: 5 }]);
    const ledger = await source.sql(
      `select lignes_inserees::int as n from t40_import_registre order by import_id desc limit 1`,
    );
    expect(ledger).toEqual([{ n: 3 }]);
    await expectDumps(0, before);
  },
);
