import { expect, test } from 'vitest';
import { testDatabase } from './database.ts';

test('each test has a database of its own, gone afterwards even while sessions are open', async () => {
  await using other = await testDatabase();
  {
    await using db = await testDatabase();
    expect(db.name).not.toBe(other.name);
    expect(await db.sql('select current_database() as name, $1::int as one', [1])).toEqual([{ name: db.name, one: 1 }]);
  }
  const names = await other.sql<{ datname: string }>("select datname from pg_database where datname like 'test_%'");
  expect(names.map(({ datname }) => datname)).toContain(other.name);
});

test('a database may have another encoding, and be a copy', async () => {
  await using db = await testDatabase({ encoding: 'LATIN1' });
  await db.sql('create table t as select 1 as a');
  expect(await db.sql('show server_encoding')).toEqual([{ server_encoding: 'LATIN1' }]);
  await db.end();
  await using copy = await testDatabase({ template: db.name });
  expect(await copy.sql('select a from t')).toEqual([{ a: 1 }]);
});
