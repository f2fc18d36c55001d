import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type DumpResult, runDump } from '@datasens/core/dump/run-dump.ts';
import { archiveScript, copiedRows } from '@datasens/testkit/archive.ts';
import { type DumpWorld, dumpWorld } from '@datasens/testkit/dump-world.ts';
import { until } from '@datasens/testkit/eventually.ts';
import { expectInvariants } from '@datasens/testkit/invariants.ts';
import { sqlSession } from '@datasens/testkit/sql-session.ts';
import { temporaryFolder } from '@datasens/testkit/temporary-folder.ts';
import { wrapTools } from '@datasens/testkit/wrapped-tools.ts';
import { expect, test } from 'vitest';

const user = 'claire';

async function rowsInArchive({ audit }: DumpWorld, { prefix, manifest }: DumpResult): Promise<number> {
  const archive = await audit.storage.outside.read(`${prefix}${manifest.objects.data.key}`);
  return copiedRows(await archiveScript(archive), 'public.t').length;
}

test('a table that is reloaded while the dump starts is dumped with its new rows, and the proof agrees', async () => {
  await using world = await dumpWorld();
  await world.source.sql('create table t as select generate_series(1, 10) as id');
  await using loader = await sqlSession(world.source.url, 'loader');
  await loader.sql('begin; truncate t');
  const dumping = runDump(world.deps, { user });
  // The dump has listed the tables and stands in line for the lock: a snapshot of now would find t without rows.
  await until(async () => (await waiting(world)).includes('datasens dump'));
  await loader.sql('insert into t select generate_series(1, 25); commit');
  const result = await dumping;
  expect(result.proof?.tables).toMatchObject([{ name: 'public.t', rows: 25 }]);
  expect(await rowsInArchive(world, result)).toBe(25);
});

test.for([
  ['created', 'create table late as select 1 as id', ['public.a', 'public.late', 'public.t']],
  ['dropped', 'drop table t', ['public.a']],
] as const)('a table that is %s while the others are being locked', async ([_what, change, tables]) => {
  await using world = await dumpWorld();
  await world.source.sql('create table a (id int); create table t (id int)');
  await using loader = await sqlSession(world.source.url, 'loader');
  await loader.sql('begin; lock table a in access exclusive mode');
  const dumping = runDump(world.deps, { user });
  await until(async () => (await waiting(world)).includes('datasens dump'));
  await loader.sql(`${change}; commit`);
  expect((await dumping).proof?.tables.map(({ name }) => name)).toEqual(tables);
});

test('a dump gives way to a TRUNCATE that stands between its locks and pg_dump’s, and starts over', async () => {
  await using folder = await temporaryFolder();
  const gate = join(folder.path, 'go');
  await using tools = await wrapTools({ pg_dump: `while [ ! -e '${gate}' ]; do sleep 0.02; done; exec "$real" "$@"` });
  await using world = await dumpWorld({ binDir: tools.binDir });
  await world.source.sql('create table t as select generate_series(1, 10) as id');
  await using loader = await sqlSession(world.source.url, 'loader');
  const notes: string[] = [];
  const dumping = runDump({ ...world.deps, log: (message) => notes.push(message) }, { user });
  await until(async () => (await holding(world)).includes('datasens dump'));
  const loading = loader.sql('begin; truncate t; insert into t select generate_series(1, 25); commit');
  await until(async () => (await waiting(world)).includes('loader'));
  await writeFile(gate, '');

  await loading;
  const result = await dumping;
  expect(result.proof?.tables).toMatchObject([{ rows: 25 }]);
  expect(await rowsInArchive(world, result)).toBe(25);
  expect(notes).toEqual([expect.stringContaining('gave way')]);
  expect(await expectInvariants(world)).toEqual([result.manifest.dumpId]);
});

const waiting = (world: DumpWorld) => lockers(world, false);
const holding = (world: DumpWorld) => lockers(world, true);

/** The first two words of the names of the sessions that wait for, or have, a lock on a user's table. */
async function lockers({ source }: DumpWorld, granted: boolean): Promise<string[]> {
  const rows = await source.sql<{ name: string }>(
    `select distinct a.application_name as name from pg_locks l join pg_stat_activity a using (pid)
      where l.relation >= 16384 and l.granted = $1 and a.datname = current_database()`,
    [granted],
  );
  return rows.map(({ name }) => name.split(' ').slice(0, 2).join(' '));
}
