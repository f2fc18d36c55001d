import { describe, expect, test } from 'vitest';
import { detectEncoding } from '../text/detect-encoding.ts';
import type { ToldDialect } from './dialect.ts';
import { readRecords } from './read-records.ts';
import { type SniffedDialect, sniffDialect } from './sniff-dialect.ts';
import { inChunks, RFC_4180, type Writing, writeRows } from './test-table.ts';

function sniff(text: string, told?: ToldDialect): SniffedDialect {
  const head = Buffer.from(text);
  return sniffDialect({ head, complete: true }, detectEncoding(head, true), told);
}

async function readAll(text: string, { dialect }: SniffedDialect) {
  const batches = await Array.fromAsync(readRecords(inChunks(text), dialect));
  return {
    rows: batches.flatMap(({ records }) => records.map(({ values }) => values.map((value) => value ?? ''))),
    rejects: batches.flatMap(({ rejects }) => rejects),
  };
}

/** `wrong` is the one outcome that must not be: another table, and nothing said. */
async function outcomeOf(text: string, rows: readonly (readonly string[])[], header?: readonly string[]) {
  const found = sniff(text);
  const read = await readAll(text, found);
  if (found.doubts.length > 0 || read.rejects.length > 0) return 'told';
  const isSame = JSON.stringify(read.rows) === JSON.stringify(rows);
  return isSame && (header === undefined || JSON.stringify(found.names) === JSON.stringify(header)) ? 'right' : 'wrong';
}

const WORDS = [
  'rivière',
  'a stone',
  'clouds; many',
  'paper, pen',
  'quiet "old" house',
  "it's fine",
  'north | south',
  'two\nlines',
  'x',
];
const word = (at: number) => WORDS[(at * 7) % WORDS.length] ?? '';

/** A header, and the cells of row `at`. */
const TABLES = {
  orders: {
    header: ['DATE', 'TIME', 'Qty', 'Product id', 'Price', 'Kind', 'Description', 'Url', 'Comment'],
    row: (at: number) => [
      `2018-08-${String((at % 28) + 1).padStart(2, '0')}`,
      `${String(at % 24).padStart(2, '0')}:${String((at * 7) % 60).padStart(2, '0')}`,
      String((at % 9) + 1),
      `PRT-${at % 7}`,
      ((at * 13.37) % 90).toFixed(2),
      ['Kitchen', 'Office', 'Yard'][at % 3] ?? '',
      `${word(at)} ${word(at + 3)}`,
      `https://example.org/${at}?a=1`,
      at % 3 === 0 ? word(at) : '',
    ],
  },
  measures: { header: ['n', 'x', 'y'], row: (at: number) => [String(at), (at / 7).toFixed(3), String(at * at)] },
  codes: { header: ['id', 'code', 'label'], row: (at: number) => [`A${100 + at}`, `00${at + 10}`, word(at)] },
  sparse: {
    header: ['site', 'year', 'jan', 'feb', 'mar'],
    row: (at: number) => [`S${at}`, String(2000 + at), at % 2 ? '' : '7', at % 3 ? '' : String(at), at % 4 ? '12' : ''],
  },
} as const;

const QUOTINGS = [
  ['"', '"'],
  ["'", "'"],
  ['"', '\\'],
] as const;
const LINE_ENDS = ['\n', '\r\n', '\r'];

/** Every delimiter with every quoting; line ends take turns. */
const WRITINGS: readonly Writing[] = [',', ';', '\t', '|', '^', '~', ':', ' ', '\t\t', ', ', '\\t'].flatMap(
  (delimiter, at) =>
    QUOTINGS.flatMap(([quote, escapeBy], turn) =>
      [true, false].map((quoteAll) => {
        const lineEnd = LINE_ENDS[(at + turn + Number(quoteAll)) % LINE_ENDS.length] ?? '';
        return { delimiter, quote, escape: escapeBy, lineEnd, quoteAll };
      }),
    ),
);

/** What stands around a table, given how wide it is. */
const SURROUNDINGS: Readonly<Record<string, (table: string, pad: readonly string[], writing: Writing) => string>> = {
  nothing: (table) => table,
  'a preamble': (table, _, { lineEnd }) => `A report on things${lineEnd}made in May${lineEnd}${lineEnd}${table}`,
  'a padded preamble': (table, pad, writing) =>
    writeRows(
      [
        ['PREAMBLE', ...pad],
        ['of two lines', ...pad],
      ],
      writing,
    ) + table,
  'a footer': (table, _, { lineEnd }) => `${table}${lineEnd}Source: us${lineEnd}© them${lineEnd}`,
  'a padded footer': (table, pad, writing) =>
    table +
    writeRows(
      [
        ['FOOTNOTE', ...pad],
        ['FOOTNOTE', ...pad],
      ],
      writing,
    ),
};

describe.each(Object.entries(TABLES))('the table of %s', (_, { header, row }) => {
  const rows = Array.from({ length: 16 }, (_, at) => [...row(at)]);
  const pad = header.slice(1).map(() => '');

  test.for(Object.entries(SURROUNDINGS))(
    'is found in any dialect, or questions are asked, with %s around it',
    async ([name, surround]) => {
      const outcomes: string[] = [];
      for (const writing of WRITINGS) {
        // Spaces are in any sentence, and before a value that is not quoted they belong to it.
        if (writing.delimiter.includes(' ') && (name !== 'nothing' || !writing.quoteAll)) continue;
        const text = surround(writeRows([header, ...rows], writing), pad, writing);
        const outcome = await outcomeOf(text, rows, header);
        expect(outcome, JSON.stringify(writing)).not.toBe('wrong');
        outcomes.push(outcome);
        const isUsual = [',', ';', '\t', '|'].includes(writing.delimiter);
        if (isUsual) expect(outcome, JSON.stringify(writing)).toBe('right');
      }
      expect(outcomes.filter((outcome) => outcome === 'right').length).toBeGreaterThan(outcomes.length * 0.8);
    },
  );

  test('is found without a header', async () => {
    for (const writing of WRITINGS.filter(({ delimiter }) => [',', ';', '\t', '|'].includes(delimiter))) {
      const text = writeRows(rows, writing);
      expect(await outcomeOf(text, rows), JSON.stringify(writing)).toBe('right');
      expect(sniff(text).names).toBeUndefined();
    }
  });

  test('is never taken for another when one line of it is damaged', async () => {
    const lines = [header, ...rows].map((cells) => writeRows([cells], { ...RFC_4180, quoteAll: true }));
    const damages: readonly ((cells: readonly string[]) => string)[] = [
      (cells) => writeRows([cells], { ...RFC_4180, delimiter: ';', quoteAll: true }),
      (cells) => writeRows([cells], { ...RFC_4180, quote: "'", escape: "'", quoteAll: true }),
      (cells) => writeRows([cells.slice(0, Math.max(1, header.length - 2))], RFC_4180),
      (cells) => writeRows([[...cells, 'more', 'and more']], RFC_4180),
      (cells) => writeRows([cells.toSpliced(1, 0, '')], RFC_4180),
      (cells) => writeRows([cells], { ...RFC_4180, lineEnd: '\r', quoteAll: true }),
      (cells) => `"${writeRows([cells], { ...RFC_4180, quoteAll: true })}`,
    ];
    for (const [kind, damage] of damages.entries()) {
      for (const at of [0, 1, 8, 16]) {
        const text = lines.with(at, damage([header, ...rows][at] ?? [])).join('');
        expect(await outcomeOf(text, rows, header), `damage ${kind} in line ${at + 1}`).not.toBe('wrong');
      }
    }
  });
});

describe('what is found is told, with the reason', () => {
  const because = (text: string, property: string) =>
    sniff(text).findings.find((finding) => finding.property === property);

  test('for each property', () => {
    const { findings } = sniff('id;prix\n1;1,50\n2;2,75\n3;12,00\n');
    expect(findings.map(({ property }) => property)).toEqual([
      'encoding',
      'lineEnd',
      'delimiter',
      'quote',
      'escape',
      'skipLines',
      'headerRows',
      'footerLines',
    ]);
    for (const { because: reason } of findings) expect(reason).not.toBe('');
  });

  test('and how sure it is', () => {
    expect(because('a;b,c\nd;e,f\n', 'delimiter')).toMatchObject({
      certainty: 'unsure',
      because: expect.stringContaining('nearly as well'),
    });
    expect(because('1;2\n3;4\n5;6\n', 'delimiter')).toMatchObject({ certainty: 'certain' });
    expect(because('Name,City\nAnnabel,Oslo\nBo,Rome\nZoe,Aix\nAlbertine,Ljubljana\n', 'headerRows')).toMatchObject({
      certainty: 'unsure',
    });
  });
});

test('what is told overrides what would be found, and the rest follows it', () => {
  const text = 'a;b,c\n1;2,5\n3;4,5\n';
  expect(sniff(text, { delimiter: ',' })).toMatchObject({
    dialect: { delimiter: ',', columns: 2 },
    names: ['a;b', 'c'],
  });
  expect(
    sniff(text, { headerRows: 0, quote: null, escape: null, footerLines: 1, skipLines: 1, lineEnd: 'mixed' }),
  ).toMatchObject({
    dialect: { headerRows: 0, quote: null, escape: null, footerLines: 1, skipLines: 1, lineEnd: 'mixed' },
    names: undefined,
    doubts: [],
  });
});

test('a first line of Excel’s own is followed', () => {
  expect(sniff('sep=;\r\na;b,c\r\n1;2,5\r\n')).toMatchObject({
    dialect: { delimiter: ';', skipLines: 1, headerRows: 1 },
    names: ['a', 'b,c'],
  });
});

test('a question is answered by what is told', () => {
  for (const [text, told] of [
    ['Name,City\nAnna,Oslo\nBo,Rome\n', { headerRows: 1 }],
    ['a,b,c\n3,2,3,4\n5,5,6,7\n5,8,9,1\n', { headerRows: 1 }],
    ['x,y\nA,1,2,3\nB,4,5,6\nC,7,8,9\n', { headerRows: 0 }],
    ['id,n\n1,2\n3,4\nid,n\n5,6\n', { footerLines: 2 }],
    ['lat lon\n48.1 2.3\n49.2 3.4\n50.3 4.5\n', { delimiter: ' ' }],
    ['Name    Age\nAnn      12\nBob       9\n', { delimiter: ',', headerRows: 1 }],
  ] as const) {
    expect(sniff(text).doubts, text).not.toEqual([]);
    expect(sniff(text, told).doubts, text).toEqual([]);
  }
});

describe('headers', () => {
  const body = 'A,1,2,3\nB,4,5,6\nC,7,8,9\nD,1,1,2\n';

  test('of several rows are joined, groups and all', () => {
    expect(sniff(`,Staff,,Cost\nName,Head,FTE,Total\n,,,(k€)\n${body}`)).toMatchObject({
      dialect: { headerRows: 3, columns: 4 },
      names: ['Name', 'Staff Head', 'Staff FTE', 'Cost Total (k€)'],
    });
  });

  test('keep one title of the table’s own width; more titles are a preamble', () => {
    expect(sniff(`Results,,,\nName,x,y,z\n${body}`)).toMatchObject({
      names: ['Results Name', 'x', 'y', 'z'],
      dialect: { skipLines: 0 },
    });
    expect(sniff(`Results,,,\nof May,,,\nName,x,y,z\n${body}`)).toMatchObject({
      names: ['Name', 'x', 'y', 'z'],
      dialect: { skipLines: 2 },
    });
  });

  test('with a row of words below their names are asked about', () => {
    expect(sniff(`Name,x,y,z\nUnit,kg,m,s\n${body}`).doubts).toEqual([
      expect.stringContaining('line 2 may be of the header'),
    ]);
  });

  test('may be years over numbers', () => {
    expect(sniff('Country,2010,2011\nA,1.5,2\nB,3,4.25\nC,5,6\n').names).toEqual(['Country', '2010', '2011']);
    expect(sniff('Country,2010,2011\nA,1999,2005\nB,2003,2030\nC,1950,1980\n').names).toEqual([
      'Country',
      '2010',
      '2011',
    ]);
    expect(sniff('A,2010,2011\nB,2011,2012\nC,2005,2006\n').names).toBeUndefined();
  });

  test('may be a field shorter than the rows: a delimiter at their end, or names of rows', () => {
    expect(sniff('a,b,c\n1,2,3,\n4,5,6,\n7,8,9,\n')).toMatchObject({
      names: ['a', 'b', 'c', ''],
      dialect: { columns: 4, headerRows: 1 },
    });
    expect(sniff('a,b,c\nr1,2,3,4\nr2,5,6,7\nr3,8,9,1\n')).toMatchObject({
      names: ['', 'a', 'b', 'c'],
      dialect: { columns: 4 },
    });
  });

  test('that a damaged line may have been are asked for', () => {
    expect(sniff(`Name,x\n${body}`).doubts).toEqual([
      'header: there is none; line 1 may be it, but has 2 fields, not 4',
    ]);
    expect(sniff(`Name;x;y;z\n${body}`).doubts).toEqual([
      'header: there is none; line 1 may be it, but has another delimiter',
    ]);
  });
});

test('columns that are lined up with spaces are asked about', () => {
  expect(sniff('Name    Age  City\nAnn      12  Oslo\nBob       9  Rome\n').doubts).toContainEqual(
    expect.stringContaining('fixed widths'),
  );
});

test('among text alone a header takes a sign: nobody can tell a short table of words', () => {
  const rows = 'Bob,Rome,Italy\nCid,Paris,France\nDan,Milan,Italy\nEve,Lyon,France\n';
  expect(sniff(`Ann,Oslo,Norway\n${rows}`).doubts).toEqual([expect.stringContaining('may be a header or not')]);
  expect(sniff(`name,city,country\n${rows}`)).toMatchObject({ names: ['name', 'city', 'country'], doubts: [] });
  expect(sniff(`Ann,Rome,Italy\n${rows}`)).toMatchObject({ names: undefined, doubts: [] });
});

describe('two tables in one file are asked about', () => {
  const first = 'id,name,value\n1,a,10\n2,b,20\n3,c,30\n4,d,40\n';
  test.for([
    ['of another width', 'x,y\n1,2\n3,4\n5,6\n', /line 6 on rows have 2 fields/],
    [
      'after a blank line and a title',
      ',,\nMore,,\ncode,label,price\n7,e,50\n',
      /line 8 looks like the header of a second table/,
    ],
    ['with the same header', 'id,name,value\n5,e,50\n', /line 6 is the header again/],
  ] as const)('%s', ([, second, doubt]) => {
    expect(sniff(first + second).doubts).toContainEqual(expect.stringMatching(doubt));
  });
});

test.for([
  ['4', 'id,name,value\n1,a,10\n2,b,20\n3,c,30\n4'],
  ['Carla', 'name,id,value\nAnna,1,10\nBob,2,20\nAl,3,30\nCarla'],
] as const)('a row that was cut off at the end of the file is no footer: %s', async ([raw, text]) => {
  const found = sniff(text);
  expect(found.dialect.footerLines).toBe(0);
  expect((await readAll(text, found)).rejects).toMatchObject([{ line: 5, raw }]);
});

test('the end of a large file tells its footer', () => {
  const head = Buffer.from(`id,value\n${'1,2\n'.repeat(500)}`);
  const tail = Buffer.from('2\n1,2\n1,2\n\nSource: us\nand them\n');
  const { dialect } = sniffDialect({ head, complete: false, tail }, detectEncoding(head, false));
  expect(dialect).toMatchObject({ footerLines: 2, headerRows: 1, columns: 2 });
  // Where the head ends is no end, whatever stands there.
  const cut = Buffer.from(`id,value\n${'1,2\n'.repeat(500)}\nnot the end\n`);
  expect(sniffDialect({ head: cut, complete: false }, detectEncoding(cut, false)).dialect.footerLines).toBe(0);
});

test('an empty file has no columns, and no doubt', () => {
  for (const text of ['', '\n\n'])
    expect(sniff(text)).toMatchObject({ dialect: { columns: 0, headerRows: 0 }, doubts: [] });
});

test('a header with one huge name, and rows of many columns, are read', () => {
  const long = 'x'.repeat(300_000);
  const rows = ['1', '2', '3', '4', '5'].map((cell) => `"${cell}","a, b"\n`).join('');
  expect(sniff(`"${long}","b"\n${rows}`)).toMatchObject({
    dialect: { quote: '"', columns: 2, headerRows: 1 },
    doubts: [],
  });
  const wide = Array.from({ length: 5_000 }, (_, at) => `col${at}`);
  const text = writeRows([wide, wide.map((_, at) => String(at)), wide.map((_, at) => String(at * 2))], RFC_4180);
  expect(sniff(text)).toMatchObject({ dialect: { columns: 5_000, headerRows: 1 }, doubts: [] });
});
