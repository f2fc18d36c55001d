import { testDatabase } from '@datasens/testkit/database.ts';
import { expect, test } from 'vitest';
import { openSession } from './session.ts';
import { parseDatabaseUrl } from './target.ts';

const SQL = 'copy t from stdin';

test('a source that fails in between leaves no row and a connection that goes on; its error is the one thrown', async () => {
  await using database = await testDatabase();
  await database.sql('create table t (a int)');
  await using session = await openSession(parseDatabaseUrl(database.url, 'test'), { applicationName: 'test' });
  async function* broken() {
    yield Buffer.from('1\n2\n');
    throw new Error('the line is cut');
  }
  await expect(session.copyFrom(SQL, broken())).rejects.toThrow('the line is cut');
  async function* whole() {
    yield Buffer.from('3\n');
    yield Buffer.alloc(0);
    yield Buffer.from('4\n');
  }
  expect(await session.copyFrom(SQL, whole())).toBe(2);
  expect(await database.sql('select * from t')).toEqual([{ a: 3 }, { a: 4 }]);
});

test('what the server refuses is its error, and the source is not read to its end', async () => {
  await using database = await testDatabase();
  await database.sql('create table t (a int)');
  await using session = await openSession(parseDatabaseUrl(database.url, 'test'), { applicationName: 'test' });
  let isReleased = false;
  async function* endless() {
    try {
      for (;;) yield Buffer.from('x\n'.repeat(10_000));
    } finally {
      isReleased = true;
    }
  }
  await expect(session.copyFrom(SQL, endless())).rejects.toMatchObject({
    code: '22P02',
    where: expect.stringContaining('line 1'),
  });
  expect(isReleased).toBe(true);
  expect((await session.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
});
