import { testDatabase } from '@datasens/testkit/database.ts';
import { memorySource } from '@datasens/testkit/parquet/memory-source.ts';
import { parquetFile, plain, type TestElement } from '@datasens/testkit/parquet/parquet-file.ts';
import { readRows } from '@datasens/testkit/parquet/read-rows.ts';
import { describe, expect, test } from 'vitest';
import { openSession } from '../../postgres/session.ts';
import { parseDatabaseUrl } from '../../postgres/target.ts';
import { Misfit } from './misfit.ts';
import { openParquet } from './open-parquet.ts';

const signal = new AbortController().signal;

function fileOf(element: Omit<TestElement, 'name'>, body: Buffer, count: number): Buffer {
  const schema = [{ name: 'c', ...element }];
  return parquetFile({ schema, groups: [{ rows: count, chunks: [{ pages: [{ count, body }] }] }] });
}

/** The values as they are in a column of the type, after a binary COPY. */
async function copied(file: Buffer, sqlType: string): Promise<(string | null)[]> {
  await using database = await testDatabase();
  await using session = await openSession(parseDatabaseUrl(database.url, 'target'), {
    applicationName: 'test',
    settings: { TimeZone: 'UTC', DateStyle: 'ISO, YMD' },
  });
  const { binaryRows } = await openParquet(memorySource(file), { signal });
  async function* bytes() {
    for await (const part of binaryRows([{ column: 0, sqlType }])) yield part.bytes;
  }
  await session.query(`create table t (c ${sqlType})`);
  await session.copyFrom('copy t from stdin with (format binary)', bytes());
  const { rows } = await session.query<{ c: string | null }>('select c::text from t');
  return rows.map(({ c }) => c);
}

const INT32 = (values: number[]) => fileOf({ type: 'INT32' }, plain.int32(values), values.length);
const INT64 = (values: bigint[]) => fileOf({ type: 'INT64' }, plain.int64(values), values.length);
const UINT64 = (values: bigint[]) => fileOf({ type: 'INT64', converted: 14 }, plain.int64(values), values.length);
const TEXT = (values: string[]) => fileOf({ type: 'BYTE_ARRAY', converted: 0 }, plain.bytes(values), values.length);
const BYTES = (values: Buffer[]) => fileOf({ type: 'BYTE_ARRAY' }, plain.bytes(values), values.length);
const DATE = (values: number[]) => fileOf({ type: 'INT32', converted: 6 }, plain.int32(values), values.length);
const MICROS = (values: bigint[]) => fileOf({ type: 'INT64', converted: 10 }, plain.int64(values), values.length);
const NANOS = (values: bigint[]) =>
  fileOf(
    { type: 'INT64', logical: { 8: { struct: { 1: { flag: false }, 2: { struct: { 3: { struct: {} } } } } } } },
    plain.int64(values),
    values.length,
  );
const DOUBLE = (values: number[]) =>
  fileOf({ type: 'DOUBLE' }, Buffer.from(Float64Array.from(values).buffer), values.length);
const DECIMAL = (values: bigint[], scale: number, precision = 18) =>
  fileOf({ type: 'INT64', converted: 5, scale, precision }, plain.int64(values), values.length);

test.each([
  ['integer in bigint', INT32([-1, 2 ** 31 - 1]), 'bigint', ['-1', '2147483647']],
  ['integer in smallint', INT32([-32_768, 32_767]), 'smallint', ['-32768', '32767']],
  ['integer in numeric', INT64([-(2n ** 63n), 10_000n, 0n]), 'numeric(20,0)', ['-9223372036854775808', '10000', '0']],
  ['integer in double precision', INT32([3, -4]), 'double precision', ['3', '-4']],
  ['integer in text', INT64([2n ** 63n - 1n]), 'text', ['9223372036854775807']],
  [
    'bigint, negative and beyond 2^53',
    INT64([-1n, -(2n ** 40n) - 1n, 2n ** 62n + 1n]),
    'bigint',
    ['-1', '-1099511627777', '4611686018427387905'],
  ],
  ['unsigned of 64 bits', UINT64([-1n]), 'numeric(20,0)', ['18446744073709551615']],
  ['whole double in integer', DOUBLE([3, -7e8]), 'integer', ['3', '-700000000']],
  ['double in real', DOUBLE([0.5, Number.NaN, Number.NEGATIVE_INFINITY]), 'real', ['0.5', 'NaN', '-Infinity']],
  ['decimal with fewer digits', DECIMAL([1_200n, -500n], 3), 'numeric(10,1)', ['1.2', '-0.5']],
  ['text in varchar', TEXT(['é']), 'character varying(1)', ['é']],
  ['text in jsonb', TEXT(['{"b": 1.10, "a": 2}']), 'jsonb', ['{"a": 2, "b": 1.10}']],
  ['bytes in text', BYTES([Buffer.from('é')]), 'text', ['é']],
  [
    'date in timestamp',
    DATE([0, -719_162]),
    'timestamp without time zone',
    ['1970-01-01 00:00:00', '0001-01-01 00:00:00'],
  ],
  ['the first and the last date', DATE([-2_440_588, 2_145_042_905]), 'date', ['4714-11-24 BC', '5874897-12-31']],
  ['instant in timestamp', MICROS([-1n]), 'timestamp without time zone', ['1969-12-31 23:59:59.999999']],
  ['the first timestamp', MICROS([-210_866_803_200_000_000n]), 'timestamptz', ['4714-11-24 00:00:00+00 BC']],
  [
    'nanoseconds of microseconds',
    NANOS([1_000n, -1_000n]),
    'timestamp',
    ['1970-01-01 00:00:00.000001', '1969-12-31 23:59:59.999999'],
  ],
] as [string, Buffer, string, string[]][])(
  'a value goes exactly into another type: %s',
  async (_, file, type, values) => {
    expect(await copied(file, type)).toEqual(values);
  },
);

test('decimals of every length and scale are those that were written', async () => {
  const digits = '98765432109876543210987654321098765432';
  for (const scale of [0, 1, 2, 3, 4, 5, 9, 18]) {
    const values = [0n, 1n, -1n, 10n ** 4n, 10n ** 8n, -(10n ** 12n), 9_999n, 99_990_000n];
    for (let length = 1; length <= 18; length += 1)
      values.push(BigInt(digits.slice(0, length)), -BigInt(digits.slice(1, length + 1)));
    const expected = values.map((value) => decimalText(value, scale));
    expect(await copied(DECIMAL(values, scale), `numeric(38,${scale})`)).toEqual(expected);
    expect(await copied(DECIMAL(values, scale), 'numeric')).toEqual(expected);
  }
});

function decimalText(value: bigint, scale: number): string {
  const text = String(value < 0n ? -value : value).padStart(scale + 1, '0');
  const point = text.length - scale;
  return `${value < 0n ? '-' : ''}${text.slice(0, point)}${scale > 0 ? `.${text.slice(point)}` : ''}`;
}

describe('a value that its target cannot hold ends the pass, and is a reject in the other one', () => {
  test.each([
    ['an integer out of range', INT32([1, 40_000]), 'smallint', '40000 is out of the range of smallint'],
    ['a long integer out of range', INT64([1n, 2n ** 40n]), 'integer', '1099511627776 is out of the range of integer'],
    [
      'an unsigned integer out of range',
      UINT64([1n, -1n]),
      'bigint',
      '18446744073709551615 is out of the range of bigint',
    ],
    ['a fraction', DOUBLE([1, 1.5]), 'integer', 'it is no whole number, and the column is integer'],
    ['a double of more digits than a real has', DOUBLE([1, 0.1]), 'real', '0.1 is not exact in real'],
    [
      'digits after the point',
      DECIMAL([100n, 125n], 2),
      'numeric(10,1)',
      '1.25 has more digits after its point than the column',
    ],
    [
      'nanoseconds',
      NANOS([1_000n, 1_001n]),
      'timestamp',
      '1970-01-01T00:00:00.000001001 has nanoseconds, and PostgreSQL has none',
    ],
    [
      'microseconds',
      MICROS([1_000n, 1_001n]),
      'timestamp(3) without time zone',
      '1970-01-01T00:00:00.001001Z has more digits than the column',
    ],
    ['a date before the first', DATE([0, -2_440_589]), 'date', '4714-11-23 BC is out of the range of PostgreSQL'],
    ['a date after the last', DATE([0, 2_145_042_906]), 'date', '5874898-01-01 is out of the range of PostgreSQL'],
    [
      'a time before the first',
      MICROS([0n, -210_866_803_200_000_001n]),
      'timestamptz',
      '4714-11-23T23:59:59.999999Z BC is out of the range of PostgreSQL',
    ],
    ['a NUL', TEXT(['a', 'b\0']), 'text', 'it has a NUL character, which PostgreSQL cannot store'],
    [
      'bytes that are no text',
      fileOf({ type: 'BYTE_ARRAY', converted: 0 }, plain.bytes(['a', Buffer.of(0xe9)]), 2),
      'text',
      'it has bytes that are no UTF-8',
    ],
  ] as [string, Buffer, string, string][])('%s', async (_, file, sqlType, because) => {
    const { binaryRows } = await openParquet(memorySource(file), { signal });
    const pass = Array.fromAsync(binaryRows([{ column: 0, sqlType }]));
    await expect(pass).rejects.toThrow(Misfit);
    await expect(pass).rejects.toMatchObject({ row: 2, column: 0, because });
    const { rows, rejects } = await readRows(file, { types: [sqlType] });
    expect(rows).toHaveLength(1);
    expect(rejects).toMatchObject([{ line: 2, reason: `c: ${because}` }]);
  });
});

test('where no way is sure to be exact, that is said before', async () => {
  const { whyNotBinary } = await openParquet(memorySource(DECIMAL([1n], 2)), { signal });
  expect(whyNotBinary({ column: 0, sqlType: 'numeric(18,2)' })).toBeUndefined();
  for (const sqlType of ['double precision', 'integer', 'inet', 'numeric[]', 'date', '"My Type"']) {
    expect(whyNotBinary({ column: 0, sqlType })).toBe(`c: there is no exact way from decimal to ${sqlType}`);
  }
});
