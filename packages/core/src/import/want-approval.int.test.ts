import { importWorld } from '@datasens/testkit/import-world.ts';
import { sqlSession } from '@datasens/testkit/sql-session.ts';
import { expect, test } from 'vitest';
import { inspectObject } from './inspect-object.ts';
import { ObjectImport } from './object-import.ts';

const KEY = 'inbox/gold.sales/march.csv';
const FILE = 'id,title,price\n3,third,9.5\n4,fourth,8\n';

async function goldWorld() {
  const world = await importWorld();
  await world.target.sql(`create schema gold; create table gold.sales (id int unique, title text, price numeric);
    insert into gold.sales values (1, 'a', 1), (2, 'b', 2)`);
  await world.deps.store.put(KEY, [Buffer.from(FILE)]);
  return {
    ...world,
    async wanted(asked: object = {}) {
      const request = ObjectImport.parse({ key: KEY, table: 'gold.sales', user: 'paul', ...asked });
      return (await inspectObject(world.deps, request, new Date())).approval;
    },
  };
}

test('what is asked says what would become of the rows', async () => {
  await using world = await goldWorld();
  const rows = { rows: 2, columns: 3 };
  const kept = { schema: [], schemaCount: 0, rowsBefore: 2 };
  expect(await world.wanted()).toMatchObject({ ...rows, changes: { ...kept, doing: 'append', rowsAfter: 4 } });
  expect(await world.wanted({ ifExists: 'replace' })).toMatchObject({
    ...rows,
    changes: { ...kept, doing: 'replace', rowsAfter: 2 },
  });
  expect(await world.wanted({ ifExists: 'upsert', keyColumns: ['id'] })).toMatchObject({
    ...rows,
    changes: { ...kept, doing: 'upsert by id', rowsAfter: null },
  });
  expect(await world.wanted({ table: 'gold.made' })).toMatchObject({
    fingerprint: '',
    changes: {
      schema: [
        '"gold"."made" is made',
        'column "id" bigint is added',
        'column "title" text is added',
        'column "price" numeric is added',
      ],
      rowsBefore: 0,
      rowsAfter: 2,
    },
  });
});

test('nobody is asked about a table that is not protected, nor for a file that does not fit', async () => {
  await using world = await goldWorld();
  expect(await world.wanted({ table: 'public.sales' })).toBeNull();
  await world.target.sql('alter table gold.sales drop column price');
  await expect(world.wanted()).rejects.toMatchObject({
    name: 'InvalidInput',
    message: expect.stringMatching(/no column "price"/),
  });
});

test('two tables whose names have dots are not taken for one another', async () => {
  await using world = await goldWorld();
  await world.target.sql('create schema "gold.a"');
  const deps = { ...world.deps, protectedTables: [{ schema: () => true, table: () => true }] };
  const target = async (table: string) => {
    const request = ObjectImport.parse({ key: KEY, table, user: 'paul' });
    return (await inspectObject(deps, request, new Date())).approval?.target.split('.').slice(1).join('.');
  };
  expect([await target('"gold.a".b'), await target('gold."a.b"')]).toEqual(['"gold.a".b', 'gold."a.b"']);
});

test('what somebody keeps locked is not waited for longer than was said', async () => {
  await using world = await goldWorld();
  await using holder = await sqlSession(world.target.url, 'holder');
  await holder.sql('begin; lock table gold.sales in access exclusive mode');
  await expect(world.wanted({ lockTimeoutMs: 1 })).rejects.toMatchObject({ name: 'Transient' });
});
