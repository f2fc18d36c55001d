import { type TestDatabase, testDatabase } from '@datasens/testkit/database.ts';
import { expect, test } from 'vitest';
import { openSession } from '../postgres/session.ts';
import type { RelationName } from '../postgres/source-tables.ts';
import { withFamily } from '../postgres/table-family.ts';
import { parseDatabaseUrl } from '../postgres/target.ts';
import { schemaFingerprint } from './schema-fingerprint.ts';

const SALES = { schema: 'gold', name: 'sales' };
const STORES = { schema: 'gold', name: 'stores' };
const STORES_SQL = `create table gold.stores (id int primary key, name text)`;
const SALES_SQL = `create table gold.sales (
  id serial primary key, store int references gold.stores, price numeric(10,2) not null default 0 check (price >= 0),
  at timestamptz default '2026-01-01 12:00:00+00', took interval default '1 day 02:00', note varchar(20))`;

const open = (database: TestDatabase, settings: Record<string, string> = {}) =>
  openSession(parseDatabaseUrl(database.url, 'test'), { applicationName: 'test', settings });

async function gold(...statements: readonly string[]): Promise<TestDatabase> {
  const database = await testDatabase();
  for (const statement of ['create schema gold', STORES_SQL, SALES_SQL, ...statements]) await database.sql(statement);
  return database;
}

async function fingerprintOf(
  database: TestDatabase,
  tables: readonly RelationName[] = [SALES, STORES],
): Promise<string> {
  await using session = await open(database);
  return await schemaFingerprint(session, tables);
}

test('it is the same for the same schema: in any order, session and transaction, in another database, whatever the rows', async () => {
  await using database = await gold();
  const fingerprint = await fingerprintOf(database);
  expect(fingerprint).toMatch(/^[0-9a-f]{64}$/);
  expect(await fingerprintOf(database, [STORES, SALES, SALES])).toBe(fingerprint);
  await using other = await gold();
  expect(await fingerprintOf(other)).toBe(fingerprint);

  const odd = { search_path: 'gold', TimeZone: 'Asia/Tokyo', DateStyle: 'SQL, DMY', IntervalStyle: 'iso_8601' };
  await using session = await open(database, odd);
  await session.query('begin');
  expect(await schemaFingerprint(session, [SALES, STORES])).toBe(fingerprint);
  // What the session had set, it has.
  const { rows } = await session.query<{ path: string; zone: string }>(
    `select current_setting('search_path') as path, current_setting('TimeZone') as zone`,
  );
  expect(rows).toEqual([{ path: 'gold', zone: 'Asia/Tokyo' }]);
  await session.query(`insert into stores values (1, 'a')`);
  await session.query('commit');
  expect(await schemaFingerprint(session, [SALES, STORES])).toBe(fingerprint);

  // A column that came and went leaves a gap, and nothing to see.
  await database.sql('alter table gold.sales add gone int');
  await database.sql('alter table gold.sales drop gone');
  await database.sql(`comment on table gold.sales is 'looked at'`);
  expect(await fingerprintOf(database)).toBe(fingerprint);
});

test('each change of the schema changes it, and its undoing brings it back', async () => {
  await using database = await gold(
    'create function gold.look() returns trigger language plpgsql as $$begin return new; end$$',
    'create function gold.other() returns trigger language plpgsql as $$begin return new; end$$',
  );
  const before = await fingerprintOf(database);
  const changes = [
    ['alter table gold.sales add extra int', 'alter table gold.sales drop extra'],
    ['alter table gold.sales rename note to remark', 'alter table gold.sales rename remark to note'],
    ['alter table gold.sales alter note type varchar(30)', 'alter table gold.sales alter note type varchar(20)'],
    ['alter table gold.sales alter price drop not null', 'alter table gold.sales alter price set not null'],
    ['alter table gold.sales alter price set default 1', 'alter table gold.sales alter price set default 0'],
    [
      'alter table gold.sales add constraint positive check (id > 0)',
      'alter table gold.sales drop constraint positive',
    ],
    ['create unique index once on gold.sales (note)', 'drop index gold.once'],
    [
      'create trigger looks before insert on gold.sales for each row execute function gold.look()',
      'drop trigger looks on gold.sales',
    ],
    ['alter table gold.sales enable row level security', 'alter table gold.sales disable row level security'],
    ['create policy own on gold.sales using (id > 1)', 'drop policy own on gold.sales'],
    ['create rule quiet as on delete to gold.sales do instead nothing', 'drop rule quiet on gold.sales'],
    ['alter table gold.sales set unlogged', 'alter table gold.sales set logged'],
    ['alter table gold.stores rename to shops', 'alter table gold.shops rename to stores'],
    [
      'drop table gold.stores cascade',
      STORES_SQL,
      'alter table gold.sales add foreign key (store) references gold.stores',
    ],
  ] as const;
  const seen = new Set([before]);
  for (const [change, ...undo] of changes) {
    await database.sql(change);
    const after = await fingerprintOf(database);
    expect.soft(seen, change).not.toContain(after);
    seen.add(after);
    for (const statement of undo) await database.sql(statement);
    expect.soft(await fingerprintOf(database), undo.join('; ')).toBe(before);
  }
});

test('columns in another order, and names that only run together alike, are another schema', async () => {
  await using database = await testDatabase();
  const definitions = ['a int, b int', 'b int, a int', '"a b" int', 'a int', '"a,b" int'];
  const fingerprints: string[] = [];
  for (const definition of definitions) {
    await database.sql('drop table if exists t');
    await database.sql(`create table t (${definition})`);
    fingerprints.push(await fingerprintOf(database, [{ schema: 'public', name: 't' }]));
  }
  expect(new Set(fingerprints).size).toBe(definitions.length);
});

test('tables that are not there count for nothing, until they come', async () => {
  await using database = await gold();
  const missing = { schema: 'gold', name: 'missing' };
  expect(await fingerprintOf(database, [missing, { schema: 'nowhere', name: 'x' }])).toBe('');
  expect(await fingerprintOf(database, [])).toBe('');
  const without = await fingerprintOf(database, [SALES]);
  expect(await fingerprintOf(database, [SALES, missing])).toBe(without);
  await database.sql('create table gold.missing ()');
  expect(await fingerprintOf(database, [SALES, missing])).not.toBe(without);
});

test('the family of a table: what its rows may lie in or belong to, at any distance, and names that are not there', async () => {
  await using database = await testDatabase();
  await using session = await open(database);
  for (const statement of [
    'create schema gold',
    'create table facts (day date, part int) partition by range (day)',
    `create table gold.facts_2026 partition of facts for values from ('2026-01-01') to ('2027-01-01') partition by list (part)`,
    'create table gold.facts_2026_1 partition of gold.facts_2026 for values in (1)',
    'create table other (id int)',
  ]) {
    await session.query(statement);
  }
  const family = async (schema: string, name: string) =>
    (await withFamily(session, [{ schema, name }])).map((table) => `${table.schema}.${table.name}`);
  const all = ['gold.facts_2026', 'gold.facts_2026_1', 'public.facts'];
  expect(await family('public', 'facts')).toEqual(all);
  expect(await family('gold', 'facts_2026_1')).toEqual(all);
  expect(await family('gold', 'to_be_made')).toEqual(['gold.to_be_made']);
  expect(await family('public', 'other')).toEqual(['public.other']);
});
