import { describe, expect, test } from 'vitest';
import { grammarOf } from './scan-record.ts';
import { type FieldCheck, rowScan } from './scan-rows.ts';

const csv = { delimiter: ',', quote: '"', escape: '"', lineEnd: 'lf' } as const;

/** The scan of a text, cut into chunks of `size` bytes. */
function scan(
  text: string,
  size: number,
  dialect: Parameters<typeof grammarOf>[0] = csv,
  checks: readonly (FieldCheck | undefined)[] = [],
) {
  const bytes = Buffer.from(text);
  const rows = rowScan(grammarOf(dialect), { headerRows: 1, checks });
  for (let at = 0; at < bytes.length; at += size) {
    const odd = rows.take(bytes.subarray(at, at + size));
    if (odd) return odd;
  }
  return rows.end() ?? rows.rows();
}

describe('rows on their way to COPY, whatever the chunks', () => {
  test.for([
    ['lines', 'a,b\n1,2\n3,4\n', 2],
    ['a last line without its end', 'a,b\n1,2\n3,4', 2],
    ['a last line that ends in a delimiter', 'a,b\n1,', 1],
    ['CRLF', 'a,b\r\n1,2\r\n', 1],
    ['line breaks and quotes in quotes', 'a,b\n"1\n""\r\n",2\n3,"4"\n', 2],
    ['a header alone', 'a,b\n', 0],
    ['nothing', '', 0],
  ] as const)('%s', ([, text, rows]) => {
    for (const size of [1, 2, 3, 7, 100]) expect(scan(text, size)).toBe(rows);
  });

  test.for([
    ['a quote stands within a field', 'a,b\n1,x"y\n'],
    ['there is text after a closing quote', 'a,b\n1,"x"y\n'],
    ['it has blank rows', 'a,b\n1,x\n\n2,y\n'],
    ['it has blank rows', 'a,b\n1,x\n,""\n2,y\n'],
    ['a row is in other quotes', "a,b\n'1','x'\n"],
    ['a quote is never closed', 'a,b\n1,"x\n'],
  ] as const)('stops: %s', ([because, text]) => {
    for (const size of [1, 2, 3, 7, 100]) expect(scan(text, size)).toMatchObject({ because });
  });

  test('end at a carriage return where the dialect says so', () => {
    for (const size of [1, 2, 100]) expect(scan('a,b\r1,2\r3,4', size, { ...csv, lineEnd: 'cr' })).toBe(2);
  });

  test('escape by a backslash before a quote or another, and only there', () => {
    for (const size of [1, 2, 3, 100])
      expect(scan('a,b\n"\\"\n","\\\\"\n"\\n",x\n', size, { ...csv, escape: '\\' })).toBe(2);
  });

  test('have their values checked as they are: without quotes, escapes and line ends; NULLs are not', () => {
    const text = 'a,b\r\n1,"x ""y"" z"\r\n,""\r\n23,é\r\n';
    for (const size of [1, 2, 3, 5, 100]) {
      const seen: string[] = [];
      const see: FieldCheck = (bytes, start, end) => seen.push(Buffer.from(bytes.subarray(start, end)).toString()) > 0;
      expect(scan(text.replace(',""', '4,""'), size, csv, [see, see])).toBe(3);
      expect(seen).toEqual(['1', 'x "y" z', '4', '', '23', 'é']);
      expect(scan('a,b\n1,x\nno,y\n', size, csv, [(bytes, start) => bytes[start] === 0x31])).toMatchObject({
        column: 0,
      });
    }
  });

  test('are not held to be checked beyond the limit of a record; where they are not checked they have none', () => {
    const text = `a,b\n${'1'.repeat(17 * 1024 * 1024)},2\n`;
    expect(scan(text, 65_536, csv, [() => true])).toMatchObject({ because: 'a value is too long to be checked' });
    expect(scan(text, 65_536, csv, [undefined, () => true])).toBe(1);
  });
});
