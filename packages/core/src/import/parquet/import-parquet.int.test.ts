import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { type ImportWorld, importWorld } from '@datasens/testkit/import-world.ts';
import { parquetFile, plain, type TestElement } from '@datasens/testkit/parquet/parquet-file.ts';
import { describe, expect, test } from 'vitest';
import { replayRejects } from '../replay-rejects.ts';

const FILES = `${import.meta.dirname}/../../../../../test/parquet`;
const NANOS: TestElement['logical'] = {
  8: { struct: { 1: { flag: false }, 2: { struct: { 3: { struct: {} } } } } },
};

const rowsOf = (world: ImportWorld) => world.target.sql('select * from t order by 1');

/** Of integers and texts, in row groups of two rows. */
function pairs(rows: readonly (readonly [number, string])[]): Buffer {
  const groups = Array.from({ length: Math.ceil(rows.length / 2) }, (_, index) => rows.slice(index * 2, index * 2 + 2));
  return parquetFile({
    schema: [
      { name: 'id', type: 'INT32' },
      { name: 'nom', type: 'BYTE_ARRAY', converted: 0 },
    ],
    groups: groups.map((group) => ({
      rows: group.length,
      chunks: [
        { pages: [{ count: group.length, body: plain.int32(group.map(([id]) => id)) }] },
        { pages: [{ count: group.length, body: plain.bytes(group.map(([, nom]) => nom)) }] },
      ],
    })),
  });
}

describe('a Parquet file', () => {
  test('becomes a table of the types that it declares, once, under the hash of its bytes', async () => {
    await using world = await importWorld();
    const path = `${FILES}/polars-all-types.parquet`;
    const imported = await world.loadFile(path);
    const sha256 = createHash('sha256')
      .update(await readFile(path))
      .digest('hex');
    expect(imported).toMatchObject({ path: 'fast', created: true, rowsRead: 40, rowsInserted: 40, sha256 });
    const types = Object.fromEntries(imported.columns.map(({ name, type }) => [name, type]));
    expect(types).toMatchObject({
      i8: 'smallint',
      u64: 'numeric(20,0)',
      dec: 'numeric(18,6)',
      bin: 'bytea',
      list: 'jsonb',
    });
    expect(imported.warnings).toContainEqual(expect.stringMatching(/^"time", "ns": PostgreSQL has microseconds/));
    expect(await world.loadFile(path)).toMatchObject({ rowsRead: 0, duplicateOf: { importId: imported.importId } });
    expect(await world.target.sql('select count(*)::int as n from t')).toEqual([{ n: 40 }]);
  });

  test('of many row groups has the hash of all its bytes on either path', async () => {
    const path = `${FILES}/pyarrow-many-groups.parquet`;
    const sha256 = createHash('sha256')
      .update(await readFile(path))
      .digest('hex');
    for (const table of ['create table t (i bigint, s text)', 'create table t (i bigint, s name)']) {
      await using world = await importWorld();
      await world.target.sql(table);
      const tolerant = table.includes('name');
      const pathBecause = 's: there is no exact way from string to name';
      expect(await world.loadFile(path)).toMatchObject({
        sha256,
        rowsInserted: 100,
        ...(tolerant ? { path: 'tolerant', pathBecause } : { path: 'fast' }),
      });
    }
  });

  test('with values that the type of its column has not makes that column text, and says so', async () => {
    await using world = await importWorld();
    const imported = await world.loadFile(`${FILES}/pyarrow-nanoseconds.parquet`);
    expect(imported).toMatchObject({ path: 'fast', columns: [{ name: 't', type: 'text', widenedFrom: 'timestamp' }] });
    expect(await rowsOf(world)).toEqual([
      { t: '2024-01-01T00:00:00.000000001' },
      { t: '2024-01-01T00:00:00.123456789' },
      { t: null },
    ]);
  });

  test('with values that a table has no room for leaves those rows as rejects, to be imported again', async () => {
    await using world = await importWorld();
    await world.target.sql('create table t (id smallint, nom varchar(3))');
    const file = pairs([
      [1, 'a'],
      [70_000, 'b'],
      [3, 'trop long'],
      [4, 'd"'],
    ]);
    await expect(world.load(file)).rejects.toMatchObject({ name: 'TooManyRejects' });
    const imported = await world.load(file, { maxRejects: 2 });
    expect(imported).toMatchObject({ path: 'tolerant', rowsRead: 4, rowsInserted: 2, rowsRejected: 2 });
    expect(imported.rejects).toMatchObject([
      { line: 2, raw: '{"id": 70000, "nom": "b"}', reason: 'id: 70000 is out of the range of smallint' },
      { line: 3, raw: '{"id": 3, "nom": "trop long"}', reason: expect.stringContaining('too long') },
    ]);
    await world.target.sql('alter table t alter id type integer, alter nom type text');
    await replayRejects(world.deps, { importId: imported.importId, into: 'default', user: 'claire' });
    expect(await rowsOf(world)).toEqual([
      { id: 1, nom: 'a' },
      { id: 3, nom: 'trop long' },
      { id: 4, nom: 'd"' },
      { id: 70_000, nom: 'b' },
    ]);
  });

  test('updates rows by their key', async () => {
    await using world = await importWorld();
    await world.target.sql(`create table t (id integer primary key, nom text)`);
    await world.target.sql(`insert into t values (1, 'old'), (9, 'kept')`);
    const file = pairs([
      [1, 'new'],
      [2, 'b'],
    ]);
    const imported = await world.load(file, { ifExists: 'upsert', key: ['id'] });
    expect(imported).toMatchObject({ path: 'tolerant', rowsInserted: 1, rowsUpdated: 1 });
    expect(await rowsOf(world)).toEqual([
      { id: 1, nom: 'new' },
      { id: 2, nom: 'b' },
      { id: 9, nom: 'kept' },
    ]);
  });

  test('takes the types that it is told', async () => {
    await using world = await importWorld();
    const file = pairs([[1, '7']]);
    expect(await world.load(file, { types: { nom: 'bigint' } })).toMatchObject({
      columns: [{ type: 'integer' }, { name: 'nom', type: 'bigint' }],
    });
    await expect(world.load(file, { table: 'u', types: { autre: 'bigint' } })).rejects.toThrow(/no column "autre"/);
  });

  test('that is damaged far behind its beginning loads nothing, and leaves no table', async () => {
    await using world = await importWorld();
    const rows = Array.from({ length: 40 }, (_, id) => [id, 'x'.repeat(100)] as [number, string]);
    const file = pairs(rows);
    // The length of the last text.
    file.writeUInt32LE(1_000_000, file.lastIndexOf('x'.repeat(100)) - 4);
    await expect(world.load(file)).rejects.toMatchObject({
      name: 'InvalidInput',
      message: /row group 20.*damaged|damaged.*row group 20/,
    });
    expect(await world.target.sql(`select to_regclass('t') as t`)).toEqual([{ t: null }]);
  });

  test('with nanoseconds in one row of many is told by the row', async () => {
    await using world = await importWorld();
    await world.target.sql('create table t (c timestamp)');
    const body = plain.int64([1_000n, 1_001n, 2_000n]);
    const schema: TestElement[] = [{ name: 'c', type: 'INT64', logical: NANOS ?? {} }];
    const file = parquetFile({ schema, groups: [{ rows: 3, chunks: [{ pages: [{ count: 3, body }] }] }] });
    expect(await world.load(file, { maxRejects: 1 })).toMatchObject({
      pathBecause: 'row 2, column "c": 1970-01-01T00:00:00.000001001 has nanoseconds, and PostgreSQL has none',
      rowsInserted: 2,
      rejects: [{ line: 2 }],
    });
  });
});
