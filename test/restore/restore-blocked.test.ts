import { execFile } from 'node:child_process';
import { chmod, chown, mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { verifyJournal } from '@datasens/core/audit/verify-journal.ts';
import { runDump } from '@datasens/core/dump/run-dump.ts';
import { parseDatabaseUrl } from '@datasens/core/postgres/target.ts';
import { ask } from '@datasens/testkit/ask.ts';
import { futureDatabase, type TestDatabase, testDatabase } from '@datasens/testkit/database.ts';
import { dumpText } from '@datasens/testkit/dump-text.ts';
import type { DumpWorld, DumpWorldOptions } from '@datasens/testkit/dump-world.ts';
import { until } from '@datasens/testkit/eventually.ts';
import { eventsOf, expectFailure, restoreInto, restoreWorld } from '@datasens/testkit/restore-world.ts';
import { sqlSession } from '@datasens/testkit/sql-session.ts';
import { temporaryFolder } from '@datasens/testkit/temporary-folder.ts';
import { wrapTools } from '@datasens/testkit/wrapped-tools.ts';
import { expect, test } from 'vitest';

const user = 'claire';
const TRIED = ['RESTAURE', 'ECHEC'];
const REPLACE = { inPlace: true, clean: true };

/** A source with the objects of `sql`, and a dump of it. */
async function dumped(sql: string, options: DumpWorldOptions = {}): Promise<DumpWorld> {
  const world = await restoreWorld(options);
  await ask(options.sourceUrl ?? world.source.url, sql);
  await runDump(world.deps, { user });
  return world;
}

const DUMPED = `
  create type mood as enum ('good', 'bad');
  create domain word as text check (value <> '');
  create function stamp() returns trigger language plpgsql as $$ begin return new; end $$;
  create function is_good(mood) returns boolean immutable language sql as $$ select $1 = 'good' $$;
  create table t (id int primary key generated always as identity, m mood, n word);
  create table parted (id int) partition by range (id);
  insert into t (m, n) values ('good', 'x')`;

test('what is not in the dump and hangs on what is to be replaced is named, all of it, and kept', async () => {
  await using world = await dumped(DUMPED);
  await world.source.sql(`
    create schema mine;
    create view mine.v as select id from t;
    create materialized view mine.mv as select n from t;
    create table mine.child (t int constraint to_t references t);
    create function mine.f(t) returns int language sql as $$ select 1 $$;
    create table mine.holder (id int, m mood, n word, k int default nextval('t_id_seq'));
    create table mine.stamped (id int);
    create trigger stamp before insert on mine.stamped for each row execute function stamp();
    create table mine.checked (id int, constraint good check (is_good('good')));
    create table mine.guarded (id int);
    create policy guard on mine.guarded using (exists (select from t));
    create index by_mood on mine.guarded (is_good('bad'));
    create rule no_stamps as on delete to mine.stamped do instead delete from t;
    create table mine.heir () inherits (t);
    create table mine.part partition of parted for values from (1) to (9);
    create aggregate mine.all_good (mood) (sfunc = enum_larger, stype = mood);
    create publication ${world.source.name} for table t;
    insert into mine.holder values (1, 'bad', 'y');`);
  await expectFailure(world, world.source.url, REPLACE, {
    name: 'Conflict',
    says: [
      'depend on what the dump replaces',
      'view mine.v',
      'materialized view mine.mv',
      'table constraint to_t on mine.child',
      'function mine.f(public.t)',
      'table column mine.holder.m',
      'table column mine.holder.n',
      'default value for mine.holder.k',
      'trigger stamp on mine.stamped',
      'table constraint good on mine.checked',
      'policy guard on mine.guarded',
      'index mine.by_mood',
      'rule no_stamps on mine.stamped',
      'table mine.heir',
      'table mine.part',
      'aggregate mine.all_good(public.mood)',
    ],
    journalled: TRIED,
  });
  // Once nothing hangs on it any more but what the dump cannot see before its rows are in.
  await world.source.sql('drop schema mine cascade');
  await expectFailure(world, world.source.url, REPLACE, {
    name: 'Conflict',
    says: [`publication relation public.t in publication ${world.source.name}`],
    journalled: TRIED,
  });
  await world.source.sql(`drop publication ${world.source.name}`);
  await restoreInto(world, world.source.url, REPLACE);
});

test('what is not in the dump and hangs on nothing of it stays, in the same schema too', async () => {
  await using world = await dumped('create schema app; create table app.t as select generate_series(1, 9) as id');
  await world.source.sql(`
    create table app.extra (id serial primary key, said text);
    insert into app.extra (said) values ('kept');
    create view app.extras as select said from app.extra;
    create function app.f() returns int language sql as 'select 1';
    create type app.mood as enum ('good');
    create table public.elsewhere (m app.mood);
    select lo_from_bytea(0, 'kept');`);
  const before = await dumpText(world.source.url);
  await world.source.sql('delete from app.t where id > 5; alter table app.t add column late int');
  await restoreInto(world, world.source.url, { ...REPLACE, prove: true });
  expect(await dumpText(world.source.url)).toBe(before);
});

test('the audit tables are not touched, and the journal goes on', async () => {
  await using made = await restoreWorld();
  const source = parseDatabaseUrl(made.audit.server.url, 'source');
  const world = { ...made, deps: { ...made.deps, sources: new Map([['default', source]]) } };
  await made.audit.server.sql('create table t as select generate_series(1, 9) as id');
  const { manifest } = await runDump(world.deps, { user, comment: 'the first' });
  await runDump(world.deps, { user, comment: 'the second' });
  const rows = () => made.audit.server.sql('select * from t38_dump_audit order by dump_id');
  const journal = () => made.audit.server.sql('select * from t39_dump_evenement order by seq');
  const [rowsBefore, journalBefore] = [await rows(), await journal()];

  await made.audit.server.sql('drop table t');
  await restoreInto(world, made.audit.server.url, { ...REPLACE, dump: String(manifest.dumpId), prove: true });
  await made.audit.server.sql('delete from t');
  await restoreInto(world, made.audit.server.url, { ...REPLACE, dump: String(manifest.dumpId), prove: true });
  expect(await made.audit.server.sql('select count(*)::int as n from t')).toEqual([{ n: 9 }]);
  expect(await rows()).toEqual(rowsBefore);
  expect((await journal()).slice(0, journalBefore.length)).toEqual(journalBefore);
  const restored = ['RESTAURE', 'RESTAURE', 'PROUVE'];
  expect((await eventsOf(world)).slice(journalBefore.length)).toEqual([...restored, ...restored]);
  expect(await verifyJournal(world.deps)).toMatchObject({ ok: true, problems: [] });
});

test('a session that holds a lock is named, and nothing is changed', async () => {
  await using world = await dumped('create table t as select generate_series(1, 9) as id');
  await using reader = await sqlSession(world.source.url, 'quarterly report');
  // A restore that waited for good would get the lock in the end, and not fail.
  await reader.sql(`set idle_in_transaction_session_timeout = '40s'`);
  await reader.sql('begin; select * from t');
  await expectFailure(
    world,
    world.source.url,
    { ...REPLACE, lockTimeoutMs: 300 },
    {
      name: 'Transient',
      says: ['other sessions hold locks', 'quarterly report, idle in transaction', 'pg_terminate_backend'],
      journalled: TRIED,
    },
  );
  await reader.sql('commit');
  await restoreInto(world, world.source.url, { ...REPLACE, lockTimeoutMs: 300 });
});

test('a second restore into the same database is told of the first, and does not disturb it', async () => {
  await using world = await dumped('create table t as select generate_series(1, 9) as id');
  const before = await dumpText(world.source.url);
  await world.source.sql('delete from t');
  await using reader = await sqlSession(world.source.url, 'reader');
  await reader.sql('begin; select * from t');
  const first = restoreInto(world, world.source.url, REPLACE);
  await until(async () => (await waiting(world.source)).some((name) => name.startsWith('datasens restore')));
  const second = restoreInto(world, world.source.url, { ...REPLACE, lockTimeoutMs: 1_000 });
  expect(await second.catch((error: unknown) => error)).toMatchObject({
    name: 'Transient',
    message: expect.stringContaining('another restore into'),
  });
  await reader.sql('commit');
  await first;
  expect(await dumpText(world.source.url)).toBe(before);
});

test('of two restores that create the same database one wins, and the other leaves nothing', async () => {
  await using folder = await temporaryFolder();
  const gate = join(folder.path, 'go');
  const script = `case "$*" in */script*) while [ ! -e '${gate}' ]; do sleep 0.02; done ;; esac; exec "$real" "$@"`;
  await using tools = await wrapTools({ pg_restore: script });
  await using world = await dumped('create table t as select generate_series(1, 9) as id', { binDir: tools.binDir });
  const { manifest } = await runDump(world.deps, { user });
  const pattern = `datasens_restore_${manifest.dumpId}_%`;
  const temporary = () => world.source.sql('select datname from pg_database where datname like $1', [pattern]);
  await using target = futureDatabase();
  const both = Promise.allSettled([restoreInto(world, target.url), restoreInto(world, target.url)]);
  await until(async () => (await temporary()).length === 2);
  await writeFile(gate, '');

  const outcomes = (await both).toSorted((a, b) => (a.status < b.status ? -1 : 1));
  expect(outcomes).toMatchObject([
    { status: 'fulfilled', value: { comparison: { equal: true } } },
    {
      status: 'rejected',
      reason: { name: 'Conflict', message: expect.stringContaining('was created by somebody else') },
    },
  ]);
  expect(await temporary()).toEqual([]);
  expect(await dumpText(target.url)).toBe(await dumpText(world.source.url));
});

test('a LATIN1 dump becomes UTF8 where the database is', async () => {
  await using world = await dumped(`create table "été" as select 'déjà vu'::text as "clé"`, { encoding: 'LATIN1' });
  await using target = await testDatabase();
  const { comparison } = await restoreInto(world, target.url, { prove: true });
  expect(comparison).toMatchObject({ equal: true, level: 'content' });
  expect(await target.sql('select * from "été"')).toEqual([{ clé: 'déjà vu' }]);
});

test('characters that the database has no place for', async () => {
  await using world = await dumped(`create table prices as select '9 €'::text as price`);
  await using target = await testDatabase({ encoding: 'LATIN1' });
  await expectFailure(
    world,
    target.url,
    {},
    {
      name: 'ToolFailed',
      says: ['has no equivalent in encoding "LATIN1"'],
      journalled: TRIED,
    },
  );
});

test.for([
  ['another encoding', `encoding 'LATIN1' lc_collate 'C' lc_ctype 'C'`],
  ['another locale', `encoding 'UTF8' lc_collate 'C.UTF-8' lc_ctype 'C'`],
  ['a provider', `encoding 'UTF8' locale_provider icu icu_locale 'fr-CA' lc_collate 'C' lc_ctype 'C.UTF-8'`],
])('a new database has the encoding and the locale of the source: %s', async ([_what, options]) => {
  await using home = await testDatabase();
  await using source = futureDatabase();
  await home.sql(`create database ${source.name} template template0 ${options}`);
  await using world = await dumped('create table t as select 1 as id', { sourceUrl: source.url });
  await using target = futureDatabase();
  await restoreInto(world, target.url);
  const locale = async ({ name }: { readonly name: string }) => {
    const sql = `select encoding, datcollate, datctype, datlocprovider, daticulocale from pg_database where datname = $1`;
    return home.sql(sql, [name]);
  };
  expect(await locale(target)).toEqual(await locale(source));
});

/** A tablespace on a disk of its own; disposing of it drops both, which nothing may use by then. */
async function smallDisk(database: TestDatabase, sizeMb: number) {
  const folder = await temporaryFolder();
  const [disk, name] = [join(folder.path, 'disk'), `disk_${database.name}`];
  const run = promisify(execFile);
  const [{ data }] = (await database.sql<{ data: string }>('select current_setting($$data_directory$$) as data')) as [
    { data: string },
  ];
  const { uid, gid } = await stat(data);
  await chmod(folder.path, 0o755);
  await mkdir(disk);
  await run('mount', ['-t', 'tmpfs', '-o', `size=${sizeMb}m`, 'tmpfs', disk]);
  try {
    await mkdir(join(disk, 'space'));
    await chown(join(disk, 'space'), uid, gid);
    await database.sql(`create tablespace ${name} location '${disk}/space'`);
  } catch (error) {
    await run('umount', [disk]);
    throw error;
  }
  return {
    name,
    path: disk,
    async [Symbol.asyncDispose]() {
      await database.sql(`drop tablespace if exists ${name}`);
      await run('umount', [disk]);
      await folder[Symbol.asyncDispose]();
    },
  };
}

// Only root can mount one.
test.runIf(process.getuid?.() === 0)('a full disk, in every mode: the target is what it was', async () => {
  await using home = await testDatabase();
  await using disk = await smallDisk(home, 24);
  await using world = await dumped(
    `create table t tablespace ${disk.name} as select n, repeat(md5(n::text), 8) from generate_series(1, 10000) n`,
  );
  const filler = join(disk.path, 'filler');
  await writeFile(filler, Buffer.alloc(20 << 20));
  await using absent = futureDatabase();
  await using empty = await testDatabase();
  const says = ['No space left on device'];
  for (const [url, request] of [
    [absent.url, {}],
    [absent.url, { jobs: 2 }],
    [empty.url, {}],
    [world.source.url, REPLACE],
  ] as const) {
    await expectFailure(world, url, request, { name: 'NoSpace', says, journalled: TRIED });
  }
  await rm(filler);
  await restoreInto(world, world.source.url, { ...REPLACE, prove: true });
});

test('a dump that lacks the rows of its proof is not kept, in any mode', async () => {
  await using tools = await wrapTools({
    pg_dump: 'case "$*" in *--schema-only*) exec "$real" "$@" ;; *) exec "$real" "$@" --exclude-table-data=t ;; esac',
  });
  await using world = await dumped('create table t as select generate_series(1, 9) as id', { binDir: tools.binDir });
  await using absent = futureDatabase();
  await using empty = await testDatabase();
  const failure = {
    name: 'ProofFailed',
    says: ['differs from its proof in 1 of its objects: public.t', 'Nothing was kept'],
    journalled: TRIED,
  };
  await expectFailure(world, absent.url, {}, failure);
  await expectFailure(world, empty.url, {}, failure);
  await expectFailure(world, world.source.url, REPLACE, failure);
});

/** The names of the sessions that wait for a lock. */
async function waiting({ sql }: TestDatabase): Promise<string[]> {
  const rows = await sql<{ name: string }>(
    `select distinct a.application_name as name from pg_locks l join pg_stat_activity a using (pid)
      where not l.granted and a.datname = current_database()`,
  );
  return rows.map(({ name }) => name);
}
