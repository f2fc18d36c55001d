import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { importWorld } from '@datasens/testkit/import-world.ts';
import { describe, expect, test } from 'vitest';
import { replayRejects } from '../replay-rejects.ts';
import { openFileSource } from '../source/file-source.ts';

const LINES =
  '{"id":1,"nom":"Zoë","x":{"a":1.10}}\n{"nom":"l\'\\u00e9t\\u00e9\\n","id":2}\n{"id":3,"nom":null,"x":[]}\n';
const ARRAY = `[${LINES.trimEnd().replaceAll('\n', ',\n')}]`;
const PADDING = 'x'.repeat(300);
/** More than a look at the beginning takes in. */
const MANY = Array.from({ length: 2_000 }, (_, n) => `{"id":${n},"pad":"${PADDING}"}\n`).join('');

describe('JSON', () => {
  test.for([
    ['one object on each line', LINES],
    ['lines as other systems end them, with blank ones and a mark', `\ufeff${LINES.replaceAll('\n', '\r\n\r\n')}`],
    ['UTF-16', Buffer.from(`\ufeff${LINES}`, 'utf16le')],
    ['gzip', gzipSync(LINES)],
    ['an array', ARRAY],
    ['an array under a key, zstd', zstdCompressSync(`{"meta":{"n":3},"data":{"items":${ARRAY}}}`)],
    ['one object after another, over lines as they like', LINES.replaceAll(',"', ',\n  "').replaceAll('}\n{', '} {')],
  ] as const)('is a table, whatever its form: %s', async ([, content]) => {
    await using world = await importWorld();
    expect(await world.load(content)).toMatchObject({
      rowsRead: 3,
      rowsInserted: 3,
      rowsRejected: 0,
      path: 'fast',
    });
    expect(await world.target.sql('select id::int, nom, x::text from t order by id')).toEqual([
      { id: 1, nom: 'Zoë', x: '{"a": 1.10}' },
      { id: 2, nom: "l'été\n", x: null },
      { id: 3, nom: null, x: '[]' },
    ]);
  });

  test('keeps every number as it is written, and tells apart what only looks alike', async () => {
    await using world = await importWorld();
    const numbers = ['9007199254740993', '-9223372036854775808', '0'];
    const decimals = ['0.12345678901234567890123', '1e400', '-1.50'];
    const special = ['NaN', '-Infinity', '-0.0'];
    const rows = numbers.map((n, at) => `{"n":${n},"d":${decimals[at]},"f":${special[at]},"code":"00${at}"}`);
    await world.load(rows.join('\n'));
    const [types] = await world.target.sql(
      `select string_agg(format_type(atttypid, atttypmod), ' ' order by attnum) as all from pg_attribute
        where attrelid = 't'::regclass and attnum > 0`,
    );
    expect(types).toEqual({ all: 'bigint numeric double precision text' });
    const read = await world.target.sql<{ d: string }>('select n::text, d::text, f::text, code from t order by code');
    expect(read.map(({ d }) => d.length)).toEqual([25, 401, 5]);
    expect(read).toMatchObject([
      { n: '9007199254740993', d: decimals[0], f: 'NaN', code: '000' },
      { n: '-9223372036854775808', f: '-Infinity', code: '001' },
      { n: '0', d: '-1.50', f: '-0', code: '002' },
    ]);
  });

  test('that PostgreSQL cannot hold is rejected by its place: NUL, half a surrogate pair, a key twice, a day that is none', async () => {
    await using world = await importWorld();
    await world.target.sql('create table t (a text, j jsonb, d date, at timestamp)');
    const rows = [
      '{"a":"x\\u0000"}',
      '{"a":"\\ud83d"}',
      '{"j":{"k":"\\udead"}}',
      '{"a":"1","a":"2"}',
      '{"j":{"k":1,"k":2}}',
      '{"d":"5874898-01-01"}',
      '{"at":"294277-01-01T00:00:00"}',
      '{"d":"4714-11-23 BC"}',
      '{"j":NaN}',
      `{"j":${'['.repeat(600)}${']'.repeat(600)}}`,
      '{"a":"kept","j":{"k":12345678901234567890.10},"d":"4713-01-01 BC"}',
    ];
    const result = await world.load(rows.join('\n'), { maxRejects: 10 });
    expect(result).toMatchObject({ rowsRead: 11, rowsInserted: 1, rowsRejected: 10 });
    expect(result.rejects.map(({ line, reason }) => `${line} ${reason}`)).toEqual([
      expect.stringMatching(/^1 .*"a".*\\u0000/),
      expect.stringMatching(/^2 .*"a".*surrogate/),
      expect.stringMatching(/^3 .*"j".*surrogate/),
      expect.stringMatching(/^4 .*"a" twice/),
      expect.stringMatching(/^5 .*"k" twice/),
      expect.stringMatching(/^6 d: .*out of range/),
      expect.stringMatching(/^7 at: .*out of range/),
      expect.stringMatching(/^8 d: .*out of range/),
      expect.stringMatching(/^9 .*NaN/),
      expect.stringMatching(/^10 .*512/),
    ]);
    expect(await world.target.sql('select a, j::text, d::text from t')).toEqual([
      { a: 'kept', j: '{"k": 12345678901234567890.10}', d: '4713-01-01 BC' },
    ]);
  });

  test('that is damaged within its array is refused with the place, and nothing of it is loaded', async () => {
    await using world = await importWorld();
    const broken = `[${'{"id":1},\n'.repeat(50_000)}{"id":2,]`;
    await expect(world.load(broken)).rejects.toMatchObject({
      name: 'InvalidInput',
      message: expect.stringMatching(/^line 50001, column 9: /),
    });
    await expect(world.load(ARRAY.slice(0, -1))).rejects.toThrow(/cut off/);
    expect(await world.target.sql(`select to_regclass('t') as t`)).toEqual([{ t: null }]);
  });

  test('that is a bomb is refused on its way, and nothing of it is loaded', async () => {
    await using world = await importWorld();
    const row = `{"id":1,"pad":"${'x'.repeat(20_000)}"}\n`;
    const bomb = gzipSync(row.repeat(4_000));
    await expect(world.load(bomb)).rejects.toMatchObject({
      name: 'InvalidInput',
      message: expect.stringContaining('a compression bomb'),
    });
    expect(await world.target.sql(`select to_regclass('t') as t`)).toEqual([{ t: null }]);
  });

  test('is not told how delimited text is written, nor delimited text where records are', async () => {
    await using world = await importWorld();
    await expect(world.load(LINES, { told: { delimiter: ';' } })).rejects.toThrow(
      '--delimiter says nothing of a file that is JSON',
    );
    await expect(world.load('a,b\n1,2\n', { recordsPath: 'a' })).rejects.toThrow('--records says nothing of');
    await expect(world.load('{"a":[{"x":1}],"b":[{"x":2}]}')).rejects.toThrow(/--records/);
    expect(await world.load('{"a":[{"x":1}],"b":[{"x":2}]}', { recordsPath: 'b' })).toMatchObject({ rowsInserted: 1 });
    expect(await world.target.sql('select x::int from t')).toEqual([{ x: 2 }]);
  });
});

describe('a key that comes late', () => {
  test.for([
    ['fast', []],
    // A word that stands nowhere closes the fast path.
    ['tolerant', ['<none>']],
  ] as const)('becomes a column of a table that the import makes: %s', async ([path, nullWords]) => {
    await using world = await importWorld();
    const result = await world.load(`${MANY}{"id":-1,"late":"2026-11-27"}\n`, { nullWords });
    expect(result).toMatchObject({ rowsRead: 2_001, rowsInserted: 2_001, path });
    expect(result.columns.map(({ name, type }) => `${name} ${type}`)).toEqual(['id bigint', 'pad text', 'late date']);
    expect(await world.target.sql('select late::text from t where id = -1')).toEqual([{ late: '2026-11-27' }]);
  });

  test('is refused with its line where the table lacks it, unless it may be added', async () => {
    await using world = await importWorld();
    const content = `${MANY}{"id":-1,"late":true}\n`;
    await world.target.sql('create table t (id int, pad text)');
    await expect(world.load(content)).rejects.toMatchObject({
      name: 'InvalidInput',
      message: expect.stringMatching(/has no column "late", which line 2001 has/),
    });
    expect(await world.target.sql('select count(*)::int as n from t')).toEqual([{ n: 0 }]);
    expect(await world.load(content, { evolve: true })).toMatchObject({ rowsInserted: 2_001 });
    expect(await world.target.sql('select late from t where id = -1')).toEqual([{ late: true }]);
  });
});

test('a value of another kind than those before it makes its column wider, and is told', async () => {
  await using world = await importWorld();
  const result = await world.load(`${MANY}{"id":"7","pad":{"a":1}}\n`);
  expect(result.columns).toMatchObject([
    { name: 'id', type: 'text', widenedFrom: 'bigint' },
    { name: 'pad', type: 'text' },
  ]);
  expect(await world.target.sql(`select pad from t where id = '7'`)).toMatchObject([{}, { pad: '{"a":1}' }]);
});

test('rows are updated by their key, rejects are kept as JSON, and go in once they are corrected', async () => {
  await using world = await importWorld();
  await world.target.sql('create table t (id int primary key, "Prix" numeric check ("Prix" > 0))');
  const content = '{"ID":1,"prix":1.50}\n{"ID":2,"prix":-1}\nnot JSON\n{"ID":1,"prix":9}\n';
  const first = await world.load(content, { ifExists: 'upsert', key: ['id'], maxRejects: 3 });
  expect(first).toMatchObject({ rowsRead: 4, rowsInserted: 1, rowsRejected: 3 });
  expect(first.rejects.map(({ line }) => line)).toEqual([2, 3, 4]);
  const stored = await readFile(fileURLToPath(first.rejectsUri ?? ''), 'utf8');
  const corrected = stored
    .replace('\\"prix\\":-1', '\\"prix\\":2.25')
    .replace('"raw":"not JSON"', '"raw":"{\\"prix\\": 3,\\n \\"ID\\": 3}"')
    .replace('\\"prix\\":9', '\\"other\\":9');
  await using source = await openFileSource(await world.file(corrected, 'corrected.ndjson'));
  const request = { into: 'default', importId: first.importId, corrected: source, maxRejects: 1, user: 'claire' };
  const replayed = await replayRejects(world.deps, request);
  expect(replayed).toMatchObject({ rowsRead: 3, rowsInserted: 2, rowsRejected: 1 });
  expect(replayed.rejects[0]?.reason).toBe('it has "other", which the rows around it had not');
  expect(await world.target.sql('select id, "Prix"::text as prix from t order by id')).toEqual([
    { id: 1, prix: '1.50' },
    { id: 2, prix: '2.25' },
    { id: 3, prix: '3' },
  ]);
});
