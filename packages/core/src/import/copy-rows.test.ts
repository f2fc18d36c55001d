import { describe, expect, test } from 'vitest';
import { copyRows } from './copy-rows.ts';
import type { Dialect } from './csv/dialect.ts';
import { grammarOf } from './csv/scan-record.ts';
import { splitRecords } from './csv/split-records.ts';
import { inChunks } from './csv/test-table.ts';
import type { LoadColumn } from './plan-import.ts';
import type { Decimal } from './types/column-type.ts';
import { parseDateFormat } from './types/date-format.ts';

const DIALECT: Dialect = {
  encoding: 'utf-8',
  byteOrderMark: false,
  lineEnd: 'lf',
  delimiter: ';',
  quote: '"',
  escape: '"',
  skipLines: 0,
  headerRows: 0,
  footerLines: 0,
  columns: 2,
};
const TEXT = { type: 'text' } as const;

interface Changes {
  readonly dialect?: Partial<Dialect>;
  readonly columns?: readonly Pick<LoadColumn, 'type' | 'dateFormat'>[];
  readonly decimal?: Decimal;
  readonly withSource?: boolean;
}

async function rowsOf(
  text: string,
  { dialect, columns = [TEXT, TEXT], decimal = '.', withSource = false }: Changes = {},
) {
  const whole = { ...DIALECT, ...dialect };
  const rows = copyRows(columns, { grammar: grammarOf(whole), decimal, withSource });
  let count = 0;
  for await (const { records } of splitRecords(inChunks(text), whole, { nullWords: ['NA'] })) {
    for (const record of records) rows.add(record);
    count += records.length;
  }
  return { rows, count, text: Buffer.from(rows.slice(0, count)).toString() };
}

describe('rows in COPY’s text format', () => {
  test('have tabs between their values, and NULL where it is meant', async () => {
    expect((await rowsOf('a;été\n;x\nNA;"NA"\n"";0\n')).text).toBe('a\tété\n\\N\tx\n\\N\tNA\n\t0\n');
  });

  test('escape what would end a value or a row, and backslashes', async () => {
    expect((await rowsOf('C:\\new;\\N\n"a\tb";"c\nd\r\ne"\n\\.;x\ty\n')).text).toBe(
      'C:\\\\new\t\\\\N\na\\tb\tc\\nd\\r\\ne\n\\\\.\tx\\ty\n',
    );
  });

  test('have no quotes and escapes of the file left', async () => {
    expect((await rowsOf('"a ""b""";"""\n"""\n')).text).toBe('a "b"\t"\\n"\n');
    const escaped = await rowsOf('"a \\"b\\" \\c";"\\\\\t"\n', { dialect: { escape: '\\' } });
    expect(escaped.text).toBe('a "b" \\\\c\t\\\\\\t\n');
  });

  test('have decimal points and ISO dates', async () => {
    const columns = [{ type: 'numeric' }, { type: 'date', dateFormat: parseDateFormat('DD/MM/YYYY') }] as const;
    expect((await rowsOf('1,5;31/12/2024\nx;1\n', { columns, decimal: ',' })).text).toBe('1.5\t2024-12-31\nx\t1\n');
  });

  test('tell the line and the text that they are of', async () => {
    expect((await rowsOf('a;b\n"c\n";"\t"\nd;e', { withSource: true })).text).toBe(
      '1\ta;b\ta\tb\n2\t"c\\n";"\\t"\tc\\n\t\\t\n4\td;e\td\te\n',
    );
  });

  test('are had in parts, and give way to others', async () => {
    const long = 'x'.repeat(100_000);
    const { rows, text } = await rowsOf(`a;1\n${long};\\\nc;3\n`);
    expect(text).toBe(`a\t1\n${long}\t\\\\\nc\t3\n`);
    expect(Buffer.from(rows.slice(0, 1)).toString()).toBe('a\t1\n');
    expect(Buffer.from(rows.slice(2, 3)).toString()).toBe('c\t3\n');
    expect(rows.slice(1, 1)).toHaveLength(0);
    expect(rows.sizeBytes()).toBe(text.length);
    rows.clear();
    expect(rows.sizeBytes()).toBe(0);
  });
});
