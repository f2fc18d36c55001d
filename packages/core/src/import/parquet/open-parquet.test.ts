import { memorySource } from '@datasens/testkit/parquet/memory-source.ts';
import {
  levels,
  parquetFile,
  plain,
  type TestElement,
  type TestParquet,
} from '@datasens/testkit/parquet/parquet-file.ts';
import { readRows } from '@datasens/testkit/parquet/read-rows.ts';
import { varint } from '@datasens/testkit/parquet/thrift-writer.ts';
import { describe, expect, test } from 'vitest';
import { PARQUET_LIMITS } from './limits.ts';
import { openParquet } from './open-parquet.ts';

const signal = new AbortController().signal;

/** A page of each run of the numbers. */
function pagesOf(...runs: number[][]) {
  return runs.map((run) => ({ count: run.length, body: plain.int32(run) }));
}

const NUMBER: TestElement = { name: 'n', type: 'INT32' };

function oneColumn(values: number[], over: Partial<TestParquet> = {}): TestParquet {
  return { schema: [NUMBER], groups: [{ rows: values.length, chunks: [{ pages: pagesOf(values) }] }], ...over };
}

describe('rows', () => {
  test('of columns whose pages end at different rows stay together', async () => {
    const file = parquetFile({
      schema: [NUMBER, { name: 'm', type: 'INT32' }],
      groups: [
        {
          rows: 6,
          chunks: [{ pages: pagesOf([1, 2, 3], [4], [5, 6]) }, { pages: pagesOf([10, 20], [30, 40, 50, 60]) }],
        },
        { rows: 0, chunks: [{ pages: [] }, { pages: [] }] },
        { rows: 1, chunks: [{ pages: pagesOf([7]) }, { pages: pagesOf([70]) }] },
      ],
    });
    const { rows } = await readRows(file);
    expect(rows).toEqual([1, 2, 3, 4, 5, 6, 7].map((n) => [String(n), String(n * 10)]));
  });

  test('are read once, a small row group in one request and in the order of the file', async () => {
    const groups = [1, 2, 3].map((n) => ({
      rows: 2,
      chunks: [{ pages: pagesOf([n, n]) }, { pages: pagesOf([n], [n]) }],
    }));
    const file = parquetFile({ schema: [NUMBER, { name: 'm', type: 'INT32' }], groups });
    const source = memorySource(file);
    await readRows(source);
    const reads = source.reads.slice(-3);
    expect(reads.map(({ start }, index) => (index === 0 ? start : start - (reads[index - 1]?.end ?? 0)))).toEqual([
      4, 0, 0,
    ]);
    // The magic number and the footer come before.
    expect(source.reads).toHaveLength(5);
  });

  test('of a column that is not asked for are not read', async () => {
    const body = plain.bytes(['x'.repeat(10_000)]);
    const file = parquetFile({
      schema: [{ name: 'long', type: 'BYTE_ARRAY' }, NUMBER],
      groups: [{ rows: 1, chunks: [{ pages: [{ count: 1, body }] }, { pages: pagesOf([5]) }] }],
    });
    const source = memorySource(file);
    const { binaryRows } = await openParquet(source, { signal });
    const parts = await Array.fromAsync(binaryRows([{ column: 1, sqlType: 'integer' }]));
    expect(parts.map(({ rows }) => rows)).toEqual([0, 1, 0]);
    const last = source.reads.at(-1);
    expect((last?.end ?? 0) - (last?.start ?? 0)).toBeLessThan(100);
  });

  test('a reject has its row and the row itself, and the others go on', async () => {
    const values = ['a', 'b\0c', 'd "e"\n'].map((text) => Buffer.from(text));
    const pages = [{ count: 3, body: plain.bytes(values) }];
    const file = parquetFile({
      schema: [{ name: 'te"xt', type: 'BYTE_ARRAY', converted: 0 }, NUMBER],
      groups: [{ rows: 3, chunks: [{ pages }, { pages: pagesOf([1, 2, 3]) }] }],
    });
    const { rows, rejects } = await readRows(file);
    expect(rows).toEqual([
      ['a', '1'],
      ['d "e"\n', '3'],
    ]);
    const reason = 'te"xt: it has a NUL character, which PostgreSQL cannot store';
    expect(rejects).toEqual([{ line: 2, raw: '{"te\\"xt": "b\\u0000c", "n": 2}', reason }]);
  });
});

describe('a schema', () => {
  test('nested 100 deep is read', async () => {
    const depth = 100;
    let element: TestElement = { name: 'leaf', type: 'INT32' };
    for (let level = 1; level < depth; level += 1) element = { name: `g${level}`, children: [element] };
    const file = parquetFile({ schema: [element], groups: [{ rows: 1, chunks: [{ pages: pagesOf([5]) }] }] });
    const [[text = null] = []] = (await readRows(file)).rows;
    expect(text?.match(/\{/g)).toHaveLength(depth - 1);
  });

  test('nested deeper than anybody needs is refused', async () => {
    let element: TestElement = { name: 'leaf', type: 'INT32' };
    for (let level = 1; level < 130; level += 1) element = { name: 'g', children: [element] };
    const file = parquetFile({ schema: [element], groups: [] });
    await expect(openParquet(memorySource(file), { signal })).rejects.toThrow(/nested more than 128 deep/);
  });

  test('of 10,000 columns is opened, and its names are legal and unique', async () => {
    const schema = Array.from({ length: 10_000 }, () => ({ ...NUMBER, name: 'same' }));
    const { columns, rows } = await openParquet(memorySource(parquetFile({ schema, groups: [] })), { signal });
    expect(rows).toBe(0);
    expect(new Set(columns.map(({ name }) => name)).size).toBe(10_000);
    expect(columns[1]).toMatchObject({ name: 'same_2', header: 'same', changed: 'another column has this name' });
  });

  test.each([
    ['a date of 64 bits', { type: 'INT64', converted: 6 }],
    ['a UUID of 15 bytes', { type: 'FIXED', length: 15, logical: { 14: { struct: {} } } }],
    ['a decimal of floating point', { type: 'DOUBLE', converted: 5, scale: 2, precision: 9 }],
    ['text of 32 bits', { type: 'INT32', converted: 0 }],
  ] as const)('that contradicts itself is refused: %s', async (_, element) => {
    const file = parquetFile({ schema: [{ name: 'c', ...element }], groups: [] });
    await expect(openParquet(memorySource(file), { signal })).rejects.toMatchObject({ name: 'InvalidInput' });
  });
});

describe('a footer that lies', () => {
  const chunk = { pages: pagesOf([1, 2, 3]) };
  test.each([
    ['more rows than its row groups', oneColumn([1, 2, 3], { rows: 4 }), /promises 4 rows/],
    ['a row group of more rows', { schema: [NUMBER], groups: [{ rows: 4, chunks: [chunk] }] }, /fewer rows/],
    ['a row group of fewer rows', { schema: [NUMBER], groups: [{ rows: 2, chunks: [chunk] }] }, /more rows/],
    [
      'more values',
      { schema: [NUMBER], groups: [{ rows: 3, chunks: [{ ...chunk, values: 4 }] }] },
      /3 values or more, and the footer promises 4/,
    ],
    [
      'an offset behind the end',
      { schema: [NUMBER], groups: [{ rows: 3, chunks: [{ ...chunk, start: 1e9 }] }] },
      /not be within/,
    ],
    [
      'an offset before the beginning',
      { schema: [NUMBER], groups: [{ rows: 3, chunks: [{ ...chunk, start: 0 }] }] },
      /not be within/,
    ],
    ['an offset elsewhere', { schema: [NUMBER], groups: [{ rows: 3, chunks: [{ ...chunk, start: 5 }] }] }, /damaged/],
    [
      'a size beyond the end',
      { schema: [NUMBER], groups: [{ rows: 3, chunks: [{ ...chunk, sizeBytes: 1e12 }] }] },
      /not be within/,
    ],
    [
      'a size of nothing',
      { schema: [NUMBER], groups: [{ rows: 3, chunks: [{ ...chunk, sizeBytes: 0 }] }] },
      /0 values/,
    ],
    [
      'a negative size',
      { schema: [NUMBER], groups: [{ rows: 3, chunks: [{ ...chunk, sizeBytes: -1 }] }] },
      /the size of n/,
    ],
    [
      'another name',
      { schema: [NUMBER], groups: [{ rows: 3, chunks: [{ ...chunk, path: ['x'] }] }] },
      /not what the schema says/,
    ],
    [
      'the same bytes twice',
      {
        schema: [NUMBER],
        groups: [
          { rows: 3, chunks: [chunk] },
          { rows: 3, chunks: [{ ...chunk, start: 4 }] },
        ],
      },
      /share their bytes/,
    ],
    [
      'a column less',
      { schema: [NUMBER, { name: 'm', type: 'INT32' }], groups: [{ rows: 3, chunks: [chunk] }] },
      /has 1 columns, and the schema 2/,
    ],
    ['a footer beyond the file', oneColumn([1], { footerBytes: 4e9 }), /longer than the file/],
    ['a footer of nothing', oneColumn([1], { footerBytes: 0 }), /its footer/],
  ] as [string, TestParquet, RegExp][])('about %s is refused', async (_, file, message) => {
    const refusal = expect(readRows(parquetFile(file))).rejects;
    await refusal.toMatchObject({ name: 'InvalidInput', message: expect.stringMatching(message) });
  });
});

describe('a page', () => {
  const one = (page: object): TestParquet => ({
    schema: [NUMBER],
    groups: [{ rows: 1, chunks: [{ values: 1, pages: [{ count: 1, body: plain.int32([7]), ...page }] }] }],
  });

  test.each([
    ['promises more bytes than there are', one({ sizeBytes: 5_000 }), /page 1: it would have 5000 bytes/],
    ['promises a negative size', one({ sizeBytes: -4 }), /it would have -4 bytes/],
    ['would unpack to more than the limit', one({ unpackedBytes: 2_000_000_000 }), /limit of a page/],
    ['has fewer values than it says', one({ count: 2_000 }), /2000 values do not fit/],
    ['has more values than fit in memory', one({ count: 2_000_000_000 }), /2000000000 values/],
    ['has a negative number of values', one({ count: -1 }), /-1 values/],
    ['is encoded as nobody knows', one({ encoding: 77 }), /something unknown/],
    ['needs a dictionary that is not there', one({ encoding: 8, body: Buffer.of(1, 3, 0) }), /no dictionary before/],
  ] as [string, TestParquet, RegExp][])('that %s is refused', async (_, file, message) => {
    const refusal = expect(readRows(parquetFile(file))).rejects;
    await refusal.toMatchObject({ name: 'InvalidInput', message: expect.stringMatching(message) });
  });

  test('that is compressed is read, small or large, and refused where it has not the bytes that it promises', async () => {
    for (const count of [3, 2_500_000]) {
      const numbers = Int32Array.from({ length: count }, (_, index) => index);
      const page = { count, body: snappyLiterals(Buffer.from(numbers.buffer)), unpackedBytes: numbers.byteLength };
      const fileOf = (over: object) =>
        parquetFile({
          schema: [NUMBER],
          groups: [{ rows: count, chunks: [{ codec: 1, pages: [{ ...page, ...over }] }] }],
        });
      const { binaryRows } = await openParquet(memorySource(fileOf({}), 1_000_000), { signal });
      let rows = 0;
      for await (const part of binaryRows([{ column: 0, sqlType: 'integer' }])) rows += part.rows;
      expect(rows).toBe(count);
      await expect(readRows(fileOf({ unpackedBytes: numbers.byteLength - 4 }))).rejects.toThrow(/its header promises/);
    }
  });

  test('whose index its dictionary does not have is refused', async () => {
    const pages = [
      { count: 2, body: plain.int32([7, 8]), isDictionary: true },
      { count: 3, body: Buffer.of(2, 6, 2), encoding: 8 },
    ];
    const file = parquetFile({ schema: [NUMBER], groups: [{ rows: 3, chunks: [{ pages }] }] });
    await expect(readRows(file)).rejects.toThrow(/its dictionary has no value 2/);
  });

  test('whose checksum is wrong is refused, wherever it was altered', async () => {
    const file = parquetFile(one({ checksum: true }));
    const at = file.indexOf(plain.int32([7]));
    file[at + 2] = 1;
    await expect(readRows(file)).rejects.toThrow(/its checksum is wrong/);
  });

  test('of all columns together are held within a limit', async () => {
    const values = Array.from({ length: 1_000 }, (_, index) => index);
    const limits = { ...PARQUET_LIMITS, openBytes: 10_000 };
    await expect(readRows(parquetFile(oneColumn(values)), { limits })).resolves.toMatchObject({ rejects: [] });
    const schema = [NUMBER, { name: 'm', type: 'INT32' }] as const;
    const file = parquetFile({
      schema,
      groups: [{ rows: 1_000, chunks: schema.map(() => ({ pages: pagesOf(values) })) }],
    });
    await expect(readRows(file, { limits })).rejects.toThrow(/smaller pages or row groups/);
  });
});

describe('a list', () => {
  const LIST: TestElement = { name: 'l', type: 'INT32', repetition: 'repeated' };

  test('goes on in the next page', async () => {
    const pages = [
      { count: 3, body: Buffer.concat([levels([0, 1, 0]), levels([1, 1, 1]), plain.int32([1, 2, 3])]) },
      { count: 2, body: Buffer.concat([levels([1, 0]), levels([1, 0]), plain.int32([4])]) },
    ];
    const file = parquetFile({ schema: [LIST], groups: [{ rows: 3, chunks: [{ pages }] }] });
    expect((await readRows(file)).rows).toEqual([['[1, 2]'], ['[3, 4]'], ['[]']]);
  });

  test('whose levels contradict each other is refused', async () => {
    const pages = [{ count: 2, body: Buffer.concat([levels([1, 0]), levels([1, 1]), plain.int32([1, 2])]) }];
    const file = parquetFile({ schema: [LIST], groups: [{ rows: 1, chunks: [{ pages }] }] });
    await expect(readRows(file)).rejects.toThrow(/fewer rows|contradict/);
  });

  test('a map with a key twice is no jsonb, for that would keep one of them', async () => {
    const repeated = { name: 'key_value', repetition: 'repeated' } as const;
    const children = [
      { name: 'key', type: 'BYTE_ARRAY', converted: 0 },
      { name: 'value', type: 'INT32' },
    ] as const;
    const schema: TestElement[] = [{ name: 'm', converted: 1, children: [{ ...repeated, children }] }];
    const nested = Buffer.concat([levels([0, 1]), levels([1, 1])]);
    const file = parquetFile({
      schema,
      groups: [
        {
          rows: 1,
          chunks: [
            { pages: [{ count: 2, body: Buffer.concat([nested, plain.bytes(['k', 'k'])]) }] },
            { pages: [{ count: 2, body: Buffer.concat([nested, plain.int32([1, 2])]) }] },
          ],
        },
      ],
    });
    const { rejects } = await readRows(file);
    expect(rejects).toMatchObject([{ line: 1, raw: '{"m": {"k": 1, "k": 2}}' }]);
    expect((await readRows(file, { types: ['text'] })).rows).toEqual([['{"k": 1, "k": 2}']]);
  });
});

/** Snappy without any compression: its length, and literals of up to 65,536 bytes. */
function snappyLiterals(bytes: Buffer): Buffer {
  const parts: Buffer[] = [varint(bytes.length)];
  for (let at = 0; at < bytes.length; at += 65_536) {
    const literal = bytes.subarray(at, at + 65_536);
    parts.push(Buffer.of(61 << 2, (literal.length - 1) & 0xff, (literal.length - 1) >> 8), literal);
  }
  return Buffer.concat(parts);
}
