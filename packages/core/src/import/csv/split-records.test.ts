import { parse } from 'csv-parse/sync';
import { describe, expect, test } from 'vitest';
import type { Dialect } from './dialect.ts';
import { readRecords } from './read-records.ts';
import { inChunks, randomNumbers, writeRows } from './test-table.ts';

type Values = readonly (string | null)[];

/** What we make of a text, cut into chunks of `size` bytes. */
async function ours(text: string, dialect: Dialect, size: number) {
  const batches = await Array.fromAsync(readRecords(inChunks(text, size), dialect));
  return {
    rows: batches.flatMap(({ records }) => records.map(({ values }): Values => values)),
    rejects: batches.flatMap(({ rejects }) => rejects),
  };
}

/** What csv-parse makes of it; nothing where it refuses the text. */
function theirs(text: string, { delimiter, quote, escape: escapeBy, lineEnd }: Dialect): string[][] | undefined {
  try {
    return parse(text, {
      delimiter,
      quote,
      escape: escapeBy,
      record_delimiter: lineEnd === 'cr' ? ['\r\n', '\n', '\r'] : ['\r\n', '\n'],
      relax_column_count: true,
    });
  } catch {
    return undefined;
  }
}

const hasContent = (row: Values) => row.some((value) => value !== '');
/** csv-parse knows no NULL. */
const withoutNulls = (rows: readonly Values[]) => rows.map((row) => row.map((value) => value ?? ''));

function dialectOf(pick: <T>(from: readonly T[]) => T): Dialect {
  const quote = pick(['"', "'", null]);
  return {
    encoding: 'utf-8',
    byteOrderMark: false,
    lineEnd: pick(['lf', 'crlf', 'cr']),
    delimiter: pick([',', ';', '\t', '|', '||', '§', ', ']),
    quote,
    escape: quote && pick([quote, quote, '\\']),
    skipLines: 0,
    headerRows: 0,
    footerLines: 0,
    columns: 2,
  };
}

describe('csv-parse finds the same', () => {
  const VALUES = ['', ' ', 'a', '0', 'été', '😀', 'it is', 'a b', 'x'.repeat(300), '-1.50', '2026-01-02', '\u00a0'];
  const QUOTABLE = [
    '\n',
    '\r\n',
    '"',
    '""',
    "'",
    ',',
    ';',
    '|',
    '§',
    ', ',
    '\t',
    'say "hi"',
    "l'été",
    '"a","b"',
    'a\nb',
  ];

  test('in whatever is written well', async () => {
    for (let seed = 1; seed <= 300; seed += 1) {
      const random = randomNumbers(seed);
      const pick = <T>(from: readonly T[]) => from[Math.floor(random() * from.length)] as T;
      const dialect = { ...dialectOf(pick), columns: 1 + Math.floor(random() * 5) };
      const all =
        dialect.quote === null ? VALUES : [...VALUES, ...QUOTABLE, ...(dialect.escape === '\\' ? ['\\', 'C:\\'] : [])];
      // A value that ends as the delimiter begins takes some of it along.
      const values = all.filter((value) => dialect.delimiter !== '||' || !value.includes('|'));
      const rows = Array.from({ length: 1 + Math.floor(random() * 40) }, (_, n) => [
        // Neither blank nor in quotes of another dialect.
        `r${n}`,
        ...Array.from({ length: dialect.columns - 1 }, () => pick(values)),
      ]);
      const lineEnd = dialect.lineEnd === 'cr' ? '\r' : dialect.lineEnd === 'lf' ? '\n' : '\r\n';
      const written = writeRows(rows, { ...dialect, lineEnd, quoteAll: random() < 0.3 });
      const text = random() < 0.5 ? written : written.slice(0, -lineEnd.length);
      const found = await ours(text, dialect, 1 + Math.floor(random() * 200));
      const about = `seed ${seed}: ${JSON.stringify({ dialect, text })}`;
      expect(found.rejects, about).toEqual([]);
      expect(withoutNulls(found.rows), about).toEqual(rows);
      expect(theirs(text, dialect), about).toEqual(rows);
    }
  });

  test('in any soup of marks, or refuses it, too', async () => {
    let agreed = 0;
    let refused = 0;
    for (let seed = 1; seed <= 4_000; seed += 1) {
      const random = randomNumbers(seed);
      const pick = <T>(from: readonly T[]) => from[Math.floor(random() * from.length)] as T;
      const dialect = { ...dialectOf(pick), escape: '"', quote: '"', lineEnd: 'lf' } as const;
      const parts = [
        '"',
        '"',
        '""',
        'a',
        'é',
        ' ',
        dialect.delimiter,
        `"${dialect.delimiter}`,
        `${dialect.delimiter}"`,
        '\n',
        '\r\n',
        '"\n',
      ];
      const text = Array.from({ length: 1 + Math.floor(random() * 12) }, () => pick(parts)).join('');
      const rows = theirs(text, dialect);
      const found = await ours(text, dialect, 1 + Math.floor(random() * 8));
      const about = `seed ${seed}: ${JSON.stringify({ delimiter: dialect.delimiter, text })}`;
      if (rows === undefined) {
        refused += 1;
        expect(found.rejects, about).not.toEqual([]);
      } else {
        agreed += 1;
        const ragged = rows.filter(({ length }) => length !== 2);
        expect(withoutNulls(found.rows), about).toEqual(rows.filter((row) => row.length === 2 && hasContent(row)));
        // Without content they are blank rows, unless there are quotes.
        expect(found.rejects.length, about).toBeGreaterThanOrEqual(ragged.filter(hasContent).length);
        expect(found.rejects.length, about).toBeLessThanOrEqual(ragged.length);
      }
    }
    expect(Math.min(agreed, refused)).toBeGreaterThan(500);
  });
});
