import { testDatabase } from '@datasens/testkit/database.ts';
import { expect, test } from 'vitest';
import { openSession } from '../../postgres/session.ts';
import { parseDatabaseUrl } from '../../postgres/target.ts';
import { copyRows } from '../copy-rows.ts';
import { grammarOf } from '../csv/scan-record.ts';
import { inChunks } from '../csv/test-table.ts';
import { recordCheck } from '../types/record-check.ts';
import { findJsonColumns } from './json-columns.ts';
import type { JsonShape } from './json-shape.ts';
import { splitJson } from './split-json.ts';

const GRAMMAR = grammarOf({ delimiter: ',', quote: null, escape: null, lineEnd: 'lf' });
const LINES: JsonShape = { encoding: 'utf-8', framing: 'lines', path: [] };

const deep = `${'['.repeat(511)}${']'.repeat(511)}`;

/** Columns of values, as JSON writes them, and as the server shows what it has stored. */
const COLUMNS: readonly (readonly [readonly string[], readonly (string | null)[]])[] = [
  [
    ['9223372036854775807', '-9223372036854775808', 'null'],
    ['9223372036854775807', '-9223372036854775808', null],
  ],
  [
    ['123456789012345678901234567890.10', '-0.5', '1'],
    ['123456789012345678901234567890.10', '-0.5', '1'],
  ],
  [
    ['1e40', '-0', 'NaN'],
    ['1e+40', '-0', 'NaN'],
  ],
  [
    ['1e-307', '-1.5E307', '-Infinity'],
    ['1e-307', '-1.5e+307', '-Infinity'],
  ],
  [
    ['1e400', '1e-400', '1'],
    [`1${'0'.repeat(400)}`, `0.${'0'.repeat(399)}1`, '1'],
  ],
  [
    ['"a\\tb\\\\N\\n\\r\\u0001\\u007f"', '"\\ud83d\\ude00"', '"\\\\N"'],
    ['a\tb\\N\n\r\u0001\u007f', '😀', '\\N'],
  ],
  [
    ['{"b":[1.50,null],"a":"\\u00e9\\n"}', '"\\\\\\t"', '1e2'],
    ['{"a": "é\\n", "b": [1.50, null]}', '"\\\\\\t"', '100'],
  ],
  [
    [deep, '{}', 'true'],
    [deep, '{}', 'true'],
  ],
  [
    ['"2024-02-29T10:00:00.123456Z"', '"2024-02-29 12:00:00+02"', 'null'],
    ['2024-02-29 10:00:00.123456+00', '2024-02-29 10:00:00+00', null],
  ],
  [
    ['"123"', '"true"', '""'],
    ['123', 'true', ''],
  ],
];

test('what the reader takes is stored unaltered by the types that it finds', async () => {
  await using database = await testDatabase();
  const text = [0, 1, 2]
    .map((row) => `{${COLUMNS.map(([values], column) => `"c${column}":${values[row]}`).join(',')}}\n`)
    .join('');
  const found = await findJsonColumns(inChunks(text), LINES);
  const columns = found.map((column) => ({ ...column, sqlType: column.type, inferred: true }));
  const misfit = recordCheck(columns, '.', GRAMMAR);
  const rows = copyRows(columns, { grammar: GRAMMAR, decimal: '.', withSource: false });
  for await (const { records } of splitJson(inChunks(text), LINES, columns)) {
    for (const record of records) {
      expect(misfit(record)).toBe(-1);
      rows.add(record);
    }
  }
  await database.sql(`create table t (${columns.map(({ name, sqlType }) => `${name} ${sqlType}`).join(', ')})`);
  await using session = await openSession(parseDatabaseUrl(database.url, 'test'), { applicationName: 'test' });
  async function* all() {
    yield rows.slice(0, 3);
  }
  expect(await session.copyFrom('copy t from stdin', all())).toBe(3);
  await session.query("set timezone = 'UTC'");
  for (const [column, [, stored]] of COLUMNS.entries()) {
    const shown = await session.query<{ value: string | null }>(`select c${column}::text as value from t`);
    expect(
      shown.rows.map(({ value }) => value),
      found[column]?.type,
    ).toEqual(stored);
  }
});
