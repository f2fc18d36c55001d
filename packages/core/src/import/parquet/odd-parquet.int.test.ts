import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdir, rename } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { type ImportWorld, importWorld } from '@datasens/testkit/import-world.ts';
import { memorySource } from '@datasens/testkit/parquet/memory-source.ts';
import { levels, parquetFile, plain, type TestElement } from '@datasens/testkit/parquet/parquet-file.ts';
import { temporaryFolder } from '@datasens/testkit/temporary-folder.ts';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { runImport } from '../run-import.ts';
import { openFileSource } from '../source/file-source.ts';
import type { Source } from '../source/source.ts';
import { openParquet } from './open-parquet.ts';

const ID: TestElement = { name: 'id', type: 'INT32' };
const chunkOf = (values: readonly number[]) => ({ pages: [{ count: values.length, body: plain.int32(values) }] });

/** Of integers, in row groups. */
function integers(...groups: readonly (readonly number[])[]): Buffer {
  return parquetFile({
    schema: [ID],
    groups: groups.map((values) => ({ rows: values.length, chunks: [chunkOf(values)] })),
  });
}

const request = { into: 'default', table: 't', ifExists: 'append', user: 'claire' } as const;
const noTable = async (world: ImportWorld) =>
  expect(await world.target.sql(`select to_regclass('t') as t`)).toEqual([{ t: null }]);

test.for([2_000, 10_000])('of %i columns is refused by their number, and leaves no table', async (count) => {
  await using world = await importWorld();
  const schema = Array.from({ length: count }, (_, n): TestElement => ({ ...ID, name: `c${n}` }));
  const file = parquetFile({ schema, groups: [{ rows: 1, chunks: schema.map((_, n) => chunkOf([n])) }] });
  await expect(world.load(file)).rejects.toMatchObject({
    name: 'InvalidInput',
    message: expect.stringMatching(new RegExp(`"t" would have ${count} columns, .* 1600`)),
  });
  await noTable(world);
});

test('of columns that are all NULL keeps their types', async () => {
  await using world = await importWorld();
  const nothing = { pages: [{ count: 3, body: levels([0, 0, 0]) }] };
  const schema: TestElement[] = [
    { ...ID, repetition: 'optional' },
    { name: 'day', type: 'INT32', converted: 6, repetition: 'optional' },
  ];
  const file = parquetFile({ schema, groups: [{ rows: 3, chunks: [nothing, nothing] }] });
  expect(await world.load(file)).toMatchObject({ path: 'fast', columns: [{ type: 'integer' }, { type: 'date' }] });
  expect(
    await world.target.sql('select count(*)::int as rows, count(id)::int as ids, count(day)::int as days from t'),
  ).toEqual([{ rows: 3, ids: 0, days: 0 }]);
});

test('of very many rows in one page is loaded in small parts, none of them lost', async () => {
  const rows = 300_000;
  const file = integers(Array.from({ length: rows }, (_, n) => n));
  const { binaryRows } = await openParquet(memorySource(file), { signal: undefined });
  for await (const part of binaryRows([{ column: 0, sqlType: 'integer' }])) {
    expect(part.rows).toBeLessThanOrEqual(8_192);
    expect(part.bytes.length).toBeLessThanOrEqual(8_192 * 10);
  }
  await using world = await importWorld();
  expect(await world.load(file)).toMatchObject({ path: 'fast', rowsInserted: rows });
  expect(await world.target.sql('select count(distinct id)::int as n, sum(id)::text as sum from t')).toEqual([
    { n: rows, sum: String((rows * (rows - 1)) / 2) },
  ]);
});

test('nested 100 deep is imported as jsonb', async () => {
  await using world = await importWorld();
  let element: TestElement = { name: 'leaf', type: 'INT32' };
  for (let level = 1; level < 100; level += 1) element = { name: `g${level}`, children: [element] };
  const file = parquetFile({ schema: [element], groups: [{ rows: 1, chunks: [chunkOf([5])] }] });
  expect(await world.load(file)).toMatchObject({ path: 'fast', columns: [{ name: 'g99', type: 'jsonb' }] });
  const path = [...Array.from({ length: 98 }, (_, n) => `g${98 - n}`), 'leaf'];
  expect(await world.target.sql('select g99 #>> $1 as leaf from t', [path])).toEqual([{ leaf: '5' }]);
});

test('with a footer that lies, or compressed as a whole, is refused by name and leaves no table', async () => {
  await using world = await importWorld();
  const group = { rows: 3, chunks: [chunkOf([1, 2, 3])] };
  const lies = [
    parquetFile({ schema: [ID], groups: [group], rows: 4 }),
    parquetFile({ schema: [ID], groups: [{ ...group, rows: 4 }] }),
    parquetFile({ schema: [ID], groups: [{ ...group, chunks: [{ ...chunkOf([1, 2, 3]), start: 9 }] }] }),
  ];
  for (const file of lies) {
    await expect(world.load(file)).rejects.toMatchObject({
      name: 'InvalidInput',
      message: expect.stringMatching(/^this Parquet file is damaged/),
    });
  }
  await expect(world.load(gzipSync(integers([1, 2])), { table: 't' })).rejects.toThrow(
    'a Parquet file that is compressed as a whole: unpack it first',
  );
  await noTable(world);
});

test('of one row group that is too large to be held is read column by column, and has the hash of all its bytes', async () => {
  await using world = await importWorld();
  const [pages, rows] = [40, 5_000];
  const ids = (page: number) => Array.from({ length: rows }, (_, n) => page * rows + n);
  const pagesOf = (body: (page: number) => Buffer) => ({
    pages: Array.from({ length: pages }, (_, page) => ({ count: rows, body: body(page) })),
  });
  const chunks = [
    pagesOf((page) => plain.int32(ids(page))),
    pagesOf((page) => plain.bytes(ids(page).map((id) => `${id}`.padEnd(100, '.')))),
  ];
  const schema: TestElement[] = [ID, { name: 'nom', type: 'BYTE_ARRAY', converted: 0 }];
  const file = parquetFile({ schema, groups: [{ rows: pages * rows, chunks }] });
  // More than a row group that is read in one request.
  expect(file.length).toBeGreaterThan(20_000_000);
  const sha256 = createHash('sha256').update(file).digest('hex');
  for (const own of [undefined, 'create table t (id int, nom name)']) {
    if (own !== undefined) await world.target.sql(`drop table t; ${own}`);
    expect(await world.load(file, { force: true })).toMatchObject({
      path: own === undefined ? 'fast' : 'tolerant',
      rowsInserted: pages * rows,
      sha256,
    });
    const [sums] = await world.target.sql(
      `select count(*)::int as n, sum(id)::text as ids, bool_and(nom::text like id || '.%') as whole from t`,
    );
    expect(sums).toEqual({ n: 200_000, ids: '19999900000', whole: true });
  }
});

describe('every byte is read once, but for the beginning and the end of the file', () => {
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  /** The source, and how often each of its bytes was read. */
  function counting(file: Buffer): { source: Source; times: Uint8Array } {
    const bytes = memorySource(file, 65_536);
    const times = new Uint8Array(file.length);
    const source: Source = {
      ...bytes,
      async *read(options) {
        let at = options?.range?.start ?? 0;
        for await (const chunk of bytes.read(options)) {
          for (const end = at + chunk.length; at < end; at += 1) times[at] = (times[at] ?? 0) + 1;
          yield chunk;
        }
      },
    };
    return { source, times };
  }

  const texts = (group: number, rows: number) =>
    plain.bytes(Array.from({ length: rows }, (_, n) => `${group} ${n}`.padEnd(100, '.')));
  const small = Array.from({ length: 10 }, (_, group) => ({
    rows: 450,
    chunks: [1, 2].map(() => ({ pages: [{ count: 450, body: texts(group, 450) }] })),
  }));
  const names = ['nom', 'ville', ...Array.from({ length: 10 }, (_, n) => `c${n}`)];
  /** Twice more than is read in one request, of columns that are longer than what is read of each at once. */
  const large = [1, 2].map((group) => ({
    rows: 30_000,
    chunks: names.map(() => ({
      pages: Array.from({ length: 30 }, () => ({ count: 1_000, body: texts(group, 1_000) })),
    })),
  }));
  const fileOf = (groups: typeof small | typeof large) => {
    const columns = names.slice(0, groups[0]?.chunks.length);
    return parquetFile({
      schema: columns.map((name) => ({ name, type: 'BYTE_ARRAY', converted: 0 }) as const),
      groups,
    });
  };

  test.for([
    ['small row groups', small, 'fast', 500_000],
    ['large row groups', large, 'fast', 2_500_000],
    ['large row groups, row by row', large, 'tolerant', 2_500_000],
  ] as const)('of %s', async ([, groups, path, most]) => {
    await using world = await importWorld();
    const file = fileOf(groups);
    const { source, times } = counting(file);
    await using folder = await temporaryFolder();
    vi.stubEnv('TMPDIR', folder.path);
    if (path === 'tolerant')
      await world.target.sql(`create table t (nom name, ${names.slice(1).join(' text, ')} text)`);
    expect(await runImport(world.deps, { ...request, source })).toMatchObject({
      path,
      rowsInserted: groups.reduce((sum, { rows }) => sum + rows, 0),
      sha256: createHash('sha256').update(file).digest('hex'),
    });
    const [sums] = await world.target.sql(
      'select count(distinct nom::text)::int as noms, bool_and(nom::text = left(ville, 63) or nom::text = ville) as same from t',
    );
    expect(sums).toEqual({ noms: groups === small ? 4_500 : 2_000, same: true });
    expect(times.every((count) => count >= 1 && count <= 3)).toBe(true);
    // The footer with what is read around it, and what the look at the file takes of the first row group.
    expect(times.reduce((sum, count) => sum + Math.min(count - 1, 1), 0)).toBeLessThan(most);
    expect(await readdir(folder.path)).toEqual([]);
  });

  // Only root can mount one.
  test.runIf(process.getuid?.() === 0)(
    'a disk without room for a large row group is told, and nothing is loaded',
    async () => {
      await using world = await importWorld();
      await using folder = await temporaryFolder();
      const run = promisify(execFile);
      await run('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', folder.path]);
      try {
        vi.stubEnv('TMPDIR', folder.path);
        const { source } = counting(fileOf(large));
        await expect(runImport(world.deps, { ...request, source })).rejects.toMatchObject({
          name: 'NoSpace',
          message: expect.stringMatching(/ENOSPC.*TMPDIR/),
        });
        await noTable(world);
        vi.stubEnv('TMPDIR', `${folder.path}/missing`);
        await expect(runImport(world.deps, { ...request, source })).rejects.toMatchObject({ name: 'ConfigError' });
      } finally {
        await run('umount', [folder.path]);
      }
    },
  );
});

test('that is altered in place while it is loaded is refused, and nothing of either is kept', async () => {
  await using world = await importWorld();
  const path = await world.file(integers([1, 2], [3, 4]));
  await using file = await openFileSource(path);
  let reads = 0;
  const source: Source = {
    ...file,
    async *read(options) {
      reads += 1;
      yield* file.read(options);
      // The look has seen the magic number, the footer and the first rows.
      if (reads === 4) await world.file(integers([1, 2], [3, 5]));
    },
  };
  await expect(runImport(world.deps, { ...request, source })).rejects.toMatchObject({ name: 'Conflict' });
  await noTable(world);
});

test('that is replaced under its name while it is loaded is refused', async () => {
  await using world = await importWorld();
  const path = await world.file(integers([1, 2]));
  await using file = await openFileSource(path);
  const source: Source = {
    ...file,
    async expectUnchanged() {
      await rename(await world.file(integers([7]), 'other'), path);
      await file.expectUnchanged();
    },
  };
  await expect(runImport(world.deps, { ...request, source })).rejects.toMatchObject({ name: 'Conflict' });
  await noTable(world);
});

test('replaces the rows of a table, and adds the columns that the table lacks where that is wanted', async () => {
  await using world = await importWorld();
  await world.target.sql(`create table t (nom text default 'none')`);
  await world.target.sql(`insert into t values ('old')`);
  await expect(world.load(integers([1]), { ifExists: 'replace' })).rejects.toThrow(/has no column "id"/);
  expect(await world.target.sql('select * from t')).toEqual([{ nom: 'old' }]);
  const columns = [{ name: 'id', type: 'integer', added: true }];
  expect(await world.load(integers([1]), { evolve: true })).toMatchObject({ path: 'fast', columns });
  expect(await world.load(integers([2]), { ifExists: 'replace' })).toMatchObject({ path: 'fast', rowsInserted: 1 });
  expect(await world.target.sql('select * from t')).toEqual([{ nom: 'none', id: 2 }]);
});
