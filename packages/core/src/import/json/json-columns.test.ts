import { describe, expect, test } from 'vitest';
import { grammarOf } from '../csv/scan-record.ts';
import { inChunks, randomNumbers } from '../csv/test-table.ts';
import { recordCheck } from '../types/record-check.ts';
import { findJsonColumns, type JsonColumnOptions } from './json-columns.ts';
import type { JsonShape } from './json-shape.ts';
import { splitJson } from './split-json.ts';

const LINES: JsonShape = { encoding: 'utf-8', framing: 'lines', path: [] };
const GRAMMAR = grammarOf({ delimiter: ',', quote: null, escape: null, lineEnd: 'lf' });

const columnsOf = (rows: readonly string[], options?: JsonColumnOptions) =>
  findJsonColumns(inChunks(rows.join('\n'), rows.length < 1_000 ? 10 : 65_536), LINES, options);

/** The type of a column that has these values, as JSON writes them. */
async function typeOf(values: readonly string[]): Promise<string> {
  const [column] = await columnsOf(values.map((value) => `{"v":${value}}`));
  return column?.type ?? '';
}

test('columns are the keys of all records, in the order of their first appearance', async () => {
  const rows = [
    '{"b":1,"a":"x"}',
    '{"c ":null,"b":2}',
    // Rejects have none: they may be anything.
    '{"a":"y","d":true,"a":1}',
    '{"a":"y","e":tru}',
    '{"é\\n":1,"a":null}',
    '{"":1,"d":true}',
  ];
  expect(await columnsOf(rows)).toMatchObject([
    { name: 'b', header: 'b', type: 'bigint', nulls: 2 },
    { name: 'a', header: 'a', type: 'text', nulls: 3 },
    { name: 'c', header: 'c ', type: 'text', nulls: 4, because: 'there is no value in the sample' },
    { name: 'é', header: 'é\n', type: 'bigint', nulls: 3 },
    { name: 'column_5', header: '', type: 'bigint', nulls: 3 },
    { name: 'd', header: 'd', type: 'boolean', nulls: 3 },
  ]);
});

describe('the type that keeps every value', () => {
  test.for<readonly [string, readonly string[]]>([
    ['boolean', ['true', 'false']],
    ['bigint', ['1', '-9223372036854775808']],
    ['numeric', ['1', '9223372036854775808']],
    ['numeric', ['1', '0.10']],
    ['double precision', ['1', '1e5', 'NaN', '-Infinity']],
    ['double precision', ['-0', '1']],
    ['double precision', ['-0.0', '1.5']],
    ['numeric', ['1e400', '1']],
    ['numeric', ['1e-400']],
    ['numeric', ['1e5', '12345678901234567']],
    ['text', ['1e400', 'NaN']],
    ['text', ['1e4000']],
    ['date', ['"2024-02-29"']],
    ['date', ['"31/12/2024"', '"01/02/2024"']],
    ['timestamp', ['"2024-02-29T10:00:00"', '"2024-02-29"']],
    ['timestamptz', ['"2024-02-29T10:00:00Z"']],
    ['uuid', ['"123e4567-e89b-12d3-a456-426614174000"']],
    ['jsonb', ['{"a":1}', '[]']],
    ['jsonb', ['{"a":1}', '"x"', '5', 'true']],
    ['text', ['"123"']],
    ['text', ['"true"']],
    ['text', ['"1.5"', '"NaN"']],
    ['text', ['"{\\"a\\":1}"']],
    ['text', ['1', '"2"']],
    ['text', ['true', '1']],
    ['text', ['true', '"true"']],
    ['text', ['2024', '"2024-01-01"']],
    ['text', ['null']],
  ])('%s: %j', async ([type, values]) => {
    expect(await typeOf(values)).toBe(type);
  });

  test('says why', async () => {
    const because = async (...values: string[]) =>
      (await columnsOf(values.map((value) => `{"v":${value}}`)))[0]?.because;
    expect(await because('1', '"2"', '3')).toBe('1 of 3 are strings, the others numbers, true or false');
    expect(await because('1', 'true')).toBe('1 of 2 are true or false, the others numbers');
    expect(await because('[1]', '"2"')).toBe('1 of 2 are objects or arrays; others are kept as JSON, too');
    expect(await because('"2024-01-01"', '"2024-01-02"', '"n/a"')).toContain('--null "n/a" would make it date');
    expect(await because('"00123"')).toBe('free text');
    expect(await because('1e400')).toBe(
      'all 1 are numbers, some with exponents; 1e400, which double precision does not reach',
    );
  });

  test('may be told', async () => {
    const columns = await columnsOf(['{"a":1,"b":{"x":1},"c":"x"}'], { types: { a: 'text', b: 'text', c: 'jsonb' } });
    expect(columns.map(({ type, because }) => [type, because])).toEqual([
      ['text', 'as told'],
      ['text', 'as told'],
      ['jsonb', 'as told'],
    ]);
    expect((await columnsOf(['{"a":1}'], { types: 'text' }))[0]?.type).toBe('text');
    await expect(columnsOf(['{"a":1}'], { types: { b: 'text' } })).rejects.toThrow('there is no column "b"');
  });
});

describe('a whole file', () => {
  /** More than is held to infer from. */
  const many = (value: string) => Array.from({ length: 5_500 }, () => `{"v":${value},"w":"${'x'.repeat(400)}"}`);

  test.for<readonly [string, string, string]>([
    ['1', '1.5', 'numeric'],
    ['1', '"1"', 'text'],
    ['1', '{"a":1}', 'jsonb'],
    ['true', '"true"', 'text'],
    ['"2024-01-01"', '"2024-01-01T10:00:00"', 'timestamp'],
    ['"x"', '[1]', 'jsonb'],
    ['[1]', '"x"', 'jsonb'],
    ['1e5', '1e400', 'text'],
  ])('has types that keep a late value, too: %s, then %s', async ([value, late, type]) => {
    const columns = await columnsOf([...many(value), `{"v":${late},"late":3}`]);
    expect(columns.map((column) => column.type)).toEqual([type, 'text', 'bigint']);
    if (type !== 'jsonb' || value !== '[1]') expect(columns[0]?.because).toMatch(/^it would be .*, but for/);
  });

  test('has no more keys than a table may have columns', async () => {
    const rows = Array.from({ length: 1_700 }, (_, index) => `{"k${index}":1}`);
    await expect(columnsOf(rows)).rejects.toMatchObject({
      name: 'InvalidInput',
      message: expect.stringContaining('1600'),
    });
    expect(await columnsOf(rows.slice(0, 1_600))).toHaveLength(1_600);
  });
});

test('a value that the types of the sample do not keep breaks its column, and none does that of the whole', async () => {
  const VALUES = [
    '1',
    '"1"',
    'true',
    '"true"',
    '1.5',
    '-0',
    '-0.0',
    '1e5',
    '1e400',
    '12345678901234567890',
    'NaN',
    '"2024-01-01"',
    '"x"',
    'null',
    '{"a":1}',
    '[]',
  ];
  for (let seed = 1; seed <= 400; seed += 1) {
    const random = randomNumbers(seed);
    const few = Array.from({ length: 2 }, () => VALUES[Math.floor(random() * VALUES.length)]);
    const rows = Array.from({ length: 5 }, () => `{"v":${few[Math.floor(random() * few.length)]}}`);
    const columns = (await columnsOf(rows)).map((column) => ({
      ...column,
      sqlType: column.type,
      inferred: column.type !== 'text',
    }));
    const misfit = recordCheck(columns, '.', GRAMMAR);
    for await (const { records } of splitJson(inChunks(rows.join('\n')), LINES, columns)) {
      for (const record of records) expect(misfit(record), `${rows} as ${columns[0]?.type}`).toBe(-1);
    }
  }
});

test.for<readonly [string, string, boolean]>([
  ['bigint', '"123"', false],
  ['bigint', '123', true],
  ['bigint', '1.0', false],
  ['bigint', '[1]', false],
  ['boolean', '"true"', false],
  ['double precision', '"NaN"', false],
  ['double precision', 'NaN', true],
  ['date', '"2024-01-01"', true],
  ['date', '20240101', false],
  ['text', '5', true],
  ['jsonb', '5', true],
  ['jsonb', '"x"', true],
])('whether %s keeps %s', async ([type, value, fits]) => {
  const columns = [{ name: 'v', header: 'v', type, sqlType: type, inferred: true }] as const;
  const misfit = recordCheck(columns as never, '.', GRAMMAR);
  const [batch] = await Array.fromAsync(splitJson(inChunks(`{"v":${value}}`), LINES, columns));
  expect(batch?.records.map(misfit)).toEqual([fits ? -1 : 0]);
});
