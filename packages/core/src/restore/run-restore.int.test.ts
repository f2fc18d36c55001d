import { runDump } from '@datasens/core/dump/run-dump.ts';
import { parseDatabaseUrl } from '@datasens/core/postgres/target.ts';
import { futureDatabase, testDatabase } from '@datasens/testkit/database.ts';
import { type DumpWorld, dumpWorld } from '@datasens/testkit/dump-world.ts';
import { expect, test } from 'vitest';
import type { RestoreRequest } from './restore-plan.ts';
import { runRestore } from './run-restore.ts';

const user = 'claire';
const SHOP = `
  create schema lager;
  create type state as enum ('new', 'paid');
  create function twice(int) returns int language sql immutable as 'select $1 * 2';
  create table customer (id int generated always as identity primary key, name text not null unique);
  create table "order" (
    id serial primary key, customer int not null references customer, state state not null default 'new',
    doubled int generated always as (twice(1)) stored, check (id > 0));
  create index on "order" (state);
  create table lager.item (id int primary key, part int references lager.item);
  create table day (at date not null, n int) partition by range (at);
  create table day_2025 partition of day for values from ('2025-01-01') to ('2026-01-01');
  create table day_2026 partition of day for values from ('2026-01-01') to ('2027-01-01');
  create view paid as select * from "order" where state = 'paid';
  insert into customer (name) values ('Ada'), ('Été');
  insert into "order" (customer, state) values (1, 'paid'), (2, 'new'), (1, 'new');
  insert into lager.item values (1, null), (2, 1);
  insert into day values ('2025-05-01', 1), ('2026-05-01', 2), ('2026-06-01', 3)`;

async function shop(options: Parameters<typeof dumpWorld>[0] = {}) {
  const world = await dumpWorld(options);
  await world.source.sql(SHOP);
  return world;
}

async function restore(world: DumpWorld, url: string, request: Omit<RestoreRequest, 'dump' | 'user'>, dump = '1') {
  const sources = new Map([...world.deps.sources, ['target', parseDatabaseUrl(url, 'target')]]);
  return runRestore({ ...world.deps, sources }, { prove: true, ...request, dump, user, into: 'target' });
}

test('a restore tells what it compared, and the journal who, what, where and how long', async () => {
  await using world = await shop();
  await using target = futureDatabase();
  await runDump(world.deps, { user });
  const { comparison, plan } = await restore(world, target.url, {});
  expect(plan.mode).toBe('create');
  expect(comparison).toMatchObject({ equal: true, level: 'content' });
  expect(comparison.tables.map(({ name, found }) => [name, found?.rows])).toEqual([
    ['lager.item', 2],
    ['public.customer', 2],
    ['public.day_2025', 1],
    ['public.day_2026', 2],
    ['public."order"', 3],
  ]);
  const events = await world.audit.server.sql<{ event: string; user: string; detail: string }>(
    'select evenement as event, utilisateur as "user", detail from t39_dump_evenement where seq > 2 order by seq',
  );
  expect(events.map(({ event }) => event)).toEqual(['RESTAURE', 'RESTAURE', 'PROUVE']);
  expect(events.map(({ detail }) => JSON.parse(detail))).toMatchObject([
    { phase: 'started', into: expect.stringContaining(target.name), mode: 'create' },
    { phase: 'finished', durationMs: expect.any(Number) },
    { level: 'content', tables: 5 },
  ]);
  expect(events.every((event) => event.user === user)).toBe(true);
});

test('without a content proof asked for, rows are counted, and nothing claims to be proven', async () => {
  await using world = await shop();
  await using target = await testDatabase();
  await runDump(world.deps, { user });
  const { comparison } = await restore(world, target.url, { prove: false });
  expect(comparison).toMatchObject({ equal: true, level: 'counts' });
  const events = await world.audit.server.sql("select 1 from t39_dump_evenement where evenement = 'PROUVE'");
  expect(events).toEqual([]);
});

test('selected tables into a new database bring what they stand on, and say what they leave', async () => {
  await using world = await shop();
  await using target = futureDatabase();
  await runDump(world.deps, { user });
  const { comparison, warnings } = await restore(world, target.url, { tables: ['order', 'day'] });
  expect(comparison.tables.map(({ name, equal }) => [name, equal])).toEqual([
    ['public.day_2025', true],
    ['public.day_2026', true],
    ['public."order"', true],
  ]);
  expect(warnings).toEqual([expect.stringContaining('order_customer_fkey')]);
  expect(await target.sql('select count(*)::int as n from day')).toEqual([{ n: 3 }]);
  // The default and the sequence go on where they were.
  await target.sql('insert into "order" (customer) values (7)');
  expect(await target.sql('select id, state, doubled from "order" where customer = 7')).toEqual([
    { id: 4, state: 'new', doubled: 2 },
  ]);
});

test.for(['create', 'fill'] as const)('a dump of selected tables brings what they stand on (%s)', async (mode) => {
  await using world = await shop();
  await runDump(world.deps, { user, tables: ['order', 'lager.item'] });
  await using target = mode === 'create' ? futureDatabase() : await testDatabase();
  const { comparison, plan, warnings } = await restore(world, target.url, {});
  expect(plan.mode).toBe(mode);
  expect(comparison.tables.map(({ name, equal }) => [name, equal])).toEqual([
    ['lager.item', true],
    ['public."order"', true],
  ]);
  expect(warnings).toEqual([expect.stringContaining('order_customer_fkey')]);
  expect(await target.sql('select sum(twice(id))::int as n from "order"')).toEqual([{ n: 12 }]);
});

test('one table in place: the others, newer rows and all, stay as they are', async () => {
  await using world = await shop();
  await runDump(world.deps, { user });
  await world.source.sql(`update "order" set state = 'paid'; insert into customer (name) values ('Zoé')`);
  const result = await restore(world, world.source.url, {
    inPlace: true,
    clean: true,
    tables: ['lager.item', 'day_2026'],
  });
  expect(result.comparison.tables.map(({ name }) => name)).toEqual(['lager.item', 'public.day_2026']);
  expect(await world.source.sql('select count(*)::int as n from customer')).toEqual([{ n: 3 }]);
  expect(await world.source.sql(`select count(*)::int as n from "order" where state = 'paid'`)).toEqual([{ n: 3 }]);
});

test.for(['create', 'in-place'] as const)('into another schema (%s)', async (mode) => {
  await using world = await shop();
  await runDump(world.deps, { user });
  await using target = futureDatabase();
  const url = mode === 'create' ? target.url : world.source.url;
  const request = { tables: ['order', 'customer'], intoSchema: 'Old one', inPlace: mode === 'in-place' };
  const { comparison } = await restore(world, url, request);
  expect(comparison.equal).toBe(true);
  const on = mode === 'create' ? target : world.source;
  expect(await on.sql('select count(*)::int as n from "Old one"."order"')).toEqual([{ n: 3 }]);
  const schemas = await on.sql<{ s: string }>(
    `select nspname as s from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema' order by 1`,
  );
  expect(schemas.map(({ s }) => s)).toEqual(mode === 'create' ? ['Old one', 'public'] : ['Old one', 'lager', 'public']);
  if (mode === 'create') return;
  // The live tables never moved.
  expect(await world.source.sql('select count(*)::int as n from public."order"')).toEqual([{ n: 3 }]);
});

test('rows that an enum’s hash puts elsewhere are where they belong', async () => {
  await using world = await dumpWorld();
  await world.source.sql(`
    create type c as enum ('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h');
    create table t (c c, n int) partition by hash (c);
    create table t0 partition of t for values with (modulus 3, remainder 0);
    create table t1 partition of t for values with (modulus 3, remainder 1);
    create table t2 partition of t for values with (modulus 3, remainder 2);
    insert into t select e, n from unnest(enum_range(null::c)) e, generate_series(1, 5) n`);
  await runDump(world.deps, { user });
  await using target = futureDatabase();
  expect((await restore(world, target.url, {})).comparison.equal).toBe(true);
});
