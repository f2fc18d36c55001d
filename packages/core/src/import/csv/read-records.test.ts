import { describe, expect, test } from 'vitest';
import type { Dialect } from './dialect.ts';
import { readRecords } from './read-records.ts';
import { rawText } from './reject.ts';
import type { SplitOptions } from './split-records.ts';
import { inChunks, writeRows } from './test-table.ts';

const DIALECT: Dialect = {
  encoding: 'utf-8',
  byteOrderMark: false,
  lineEnd: 'lf',
  delimiter: ',',
  quote: '"',
  escape: '"',
  skipLines: 0,
  headerRows: 0,
  footerLines: 0,
  columns: 2,
};

type Changes = Partial<Dialect> & SplitOptions & { readonly size?: number };

async function read(text: string | Uint8Array, { nullWords, limitBytes, size, ...changes }: Changes = {}) {
  const options = { ...(nullWords ? { nullWords } : {}), ...(limitBytes ? { limitBytes } : {}) };
  const batches = await Array.fromAsync(readRecords(inChunks(text, size), { ...DIALECT, ...changes }, options));
  const records = batches.flatMap((batch) =>
    batch.records.map(({ line, values, raw }) => ({ line, values, raw: rawText(raw) })),
  );
  const rejects = batches.flatMap((batch) => batch.rejects);
  return { records, rejects, blankRows: batches.reduce((sum, batch) => sum + batch.blankRows, 0) };
}

const valuesOf = async (text: string | Uint8Array, changes: Changes = {}) =>
  (await read(text, changes)).records.map(({ values }) => values);

describe('values', () => {
  const ROWS = [
    ['plain', 'été, « a »'],
    ['two\nlines', 'a "quoted" word'],
    ['"', "it's; so\r\nit | is\t"],
    ['\\', 'C:\\temp\\'],
    [' spaces ', '🙂'],
  ];

  test.for([
    [',', '"', '"', '\n'],
    [';', "'", "'", '\r\n'],
    ['\t', '"', '\\', '\n'],
    ['||', '"', '"', '\r\n'],
    ['§', '"', '"', '\r'],
    [', ', '"', '\\', '\r'],
  ] as const)(
    'come back as they were written, wherever a chunk ends: %j',
    async ([delimiter, quote, escapeBy, end]) => {
      const lineEnd = end === '\r' ? 'cr' : 'lf';
      for (const quoteAll of [true, false]) {
        const text = writeRows(ROWS, { delimiter, quote, escape: escapeBy, lineEnd: end, quoteAll });
        for (const size of [1, 2, 3, 7, 1_000]) {
          const dialect = { delimiter, quote, escape: escapeBy, lineEnd, size } as const;
          expect(await valuesOf(text, dialect)).toEqual(ROWS);
          // Without the last line end, too.
          expect(await valuesOf(text.slice(0, -end.length), dialect)).toEqual(ROWS);
        }
      }
    },
  );

  test('keep an escape that escapes nothing', async () => {
    const dialect = { escape: '\\' } as const;
    expect(await valuesOf('"C:\\new","say \\"hi\\""\nx\\y,"a\\\\b"\n"C:\\\\a\\b","\\"\\c"\n', dialect)).toEqual([
      ['C:\\new', 'say "hi"'],
      ['x\\y', 'a\\b'],
      ['C:\\a\\b', '"\\c'],
    ]);
  });

  test('keep quotes where there is no quote', async () => {
    expect(await valuesOf('5" pipe,"a"\n', { quote: null, escape: null })).toEqual([['5" pipe', '"a"']]);
  });

  test('are NULL where an unquoted field is empty, or a word that means so', async () => {
    const text = ',b\nNA,"NA"\n"",x\nNAN,\n';
    expect(await valuesOf(text)).toEqual([
      [null, 'b'],
      ['NA', 'NA'],
      ['', 'x'],
      ['NAN', null],
    ]);
    expect(await valuesOf(text, { nullWords: ['NA'] })).toEqual([
      [null, 'b'],
      [null, 'NA'],
      ['', 'x'],
      ['NAN', null],
    ]);
  });
});

describe('every record is told: good, or rejected with line, text and reason', () => {
  test.for([
    ['expected 2 fields, got 3', '1,2,3'],
    ['expected 2 fields, got 1', 'alone'],
    ['there is text between a closing quote and the next delimiter', '"a"b,2'],
    ['there is text between a closing quote and the next delimiter', '""x",2'],
    ['there is a quote inside an unquoted field', 'a"b,2'],
    ['there is a quote inside an unquoted field', 'a, "b"'],
    ['there is a carriage return inside an unquoted field', 'a\rb,2'],
    ['it has a NUL character, which PostgreSQL cannot store', 'a\0b,2'],
    ["all of its fields are in ', which quotes nothing in this dialect", "'a','b'"],
  ] as const)('%s', async ([reason, bad]) => {
    const good = ['"a\nb",1', 'c,2', '"d",3'];
    for (const at of [0, 1, 2, 3]) {
      const lines = good.toSpliced(at, 0, bad);
      for (const size of [1, 5, 1_000]) {
        const { records, rejects } = await read(`${lines.join('\n')}\n`, { size });
        expect(rejects).toEqual([{ line: at === 0 ? 1 : at + 2, raw: bad, reason }]);
        expect(records.map(({ raw }) => raw)).toEqual(good);
      }
    }
  });

  test('bytes that are no text, shown as what they are', async () => {
    const bytes = Buffer.concat([Buffer.from('é,1\n'), Buffer.from('c\xe9,\x812\n', 'latin1'), Buffer.from('ü,3\n')]);
    const { records, rejects } = await read(bytes);
    expect(rejects).toEqual([{ line: 2, raw: 'c\\xe9,\\x812', reason: 'it has bytes that are no utf-8' }]);
    expect(records.map(({ values }) => values)).toEqual([
      ['é', '1'],
      ['ü', '3'],
    ]);
  });

  test('as many as there are, whatever the damage', async () => {
    // 3,000 lines of two fields without line breaks: each is a record or a reject, however the quotes are strewn.
    let seed = 11;
    const random = (below: number) => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed % below;
    };
    const lines = Array.from({ length: 3_000 }, (_, at) => `${at},${'x'.repeat(random(20))}`);
    const damaged = lines.map((line) =>
      random(4) > 0 ? line : line.slice(0, random(line.length)) + ['"', ',', '""', '",'][random(4)],
    );
    const text = `${damaged.join('\n')}\n`;
    const { records, rejects, blankRows } = await read(text, { size: 1_000 });
    const told = [...records, ...rejects].sort((a, b) => a.line - b.line);
    expect(told.flatMap(({ raw }) => raw.split('\n'))).toHaveLength(3_000 - blankRows);
    const untouched = lines.filter((line, at) => line === damaged[at]);
    // A quote may swallow good lines with it; what is told as a record is never half of one.
    expect(records.length).toBeGreaterThan(untouched.length * 0.9);
    for (const { line, raw } of told)
      expect(
        text
          .split('\n')
          .slice(line - 1, line - 1 + raw.split('\n').length)
          .join('\n'),
      ).toBe(raw);
  });

  test('a quote that is never closed costs its own line, however long the rest is', async () => {
    const rest = Array.from({ length: 20_000 }, (_, at) => `${at},x`);
    const { records, rejects } = await read(`a,"b\n${rest.join('\n')}\n`, { limitBytes: 50_000, size: 4_096 });
    expect(rejects).toEqual([{ line: 1, raw: 'a,"b', reason: 'a quote is opened and never closed' }]);
    expect(records).toHaveLength(20_000);
    expect(records.at(-1)).toMatchObject({ line: 20_001, values: ['19999', 'x'] });
  });

  test('a quote that is never closed is not waited for beyond the limit', async () => {
    let pulled = 0;
    async function* endless() {
      yield Buffer.from('a,"b\n');
      for (;;) yield Buffer.from(`${pulled++},x\n`.repeat(500));
    }
    for await (const { rejects } of readRecords(endless(), DIALECT, { limitBytes: 50_000 })) {
      expect(rejects).toMatchObject([{ line: 1 }]);
      break;
    }
    expect(pulled).toBeLessThan(100);
  });

  test('blank rows are counted; in one column an empty line is a NULL, but not at the end', async () => {
    expect(await read('a,1\n\n,\n"",""\nb,2\n\n')).toMatchObject({
      blankRows: 4,
      records: [{ line: 1 }, { line: 5 }],
      rejects: [],
    });
    const { records, blankRows } = await read('a\n\nb\n""\n\n\n', { columns: 1, size: 2 });
    expect(records.map(({ line, values }) => [line, values[0]])).toEqual([
      [1, 'a'],
      [2, null],
      [3, 'b'],
      [4, ''],
    ]);
    expect(blankRows).toBe(2);
  });
});

test('a line beyond the limit is an error that names it', async () => {
  const text = `a,1\nb,${'x'.repeat(3_000)}\n`;
  await expect(read(text, { limitBytes: 2_000, size: 100 })).rejects.toMatchObject({
    name: 'InvalidInput',
    message: expect.stringContaining('line 2 is longer than 2000 bytes'),
  });
});

test.for(['\n', '\r\n', '\r'])(
  'preamble, header and footer are left out, and lines counted from the top: %j',
  async (end) => {
    const lines = ['a "report', '', 'id,name', '1,a', '"2","b"', 'Source: "us', '© them'];
    for (const last of [end, '']) {
      for (const size of [1, 4, 1_000]) {
        const { records, rejects } = await read(lines.join(end) + last, {
          lineEnd: end === '\r' ? 'cr' : 'lf',
          skipLines: 2,
          headerRows: 1,
          footerLines: 2,
          size,
        });
        expect(records.map(({ line, values }) => [line, ...values])).toEqual([
          [4, '1', 'a'],
          [5, '2', 'b'],
        ]);
        expect(rejects).toEqual([]);
      }
    }
  },
);

test('rows may end in several ways', async () => {
  expect(await valuesOf('a,1\nb,2\r\nc,3\rd,"4\r5"', { lineEnd: 'mixed', size: 1 })).toEqual([
    ['a', '1'],
    ['b', '2'],
    ['c', '3'],
    ['d', '4\r5'],
  ]);
});
