import { describe, expect, test } from 'vitest';
import { fieldTexts } from '../csv/field-text.ts';
import { UNMARKED } from '../csv/scan-record.ts';
import { inChunks, randomNumbers } from '../csv/test-table.ts';
import type { LoadColumn } from '../plan-import.ts';
import type { ColumnType } from '../types/column-type.ts';
import { type CopyText, copyTaker, Halt } from './copy-taker.ts';
import type { JsonShape } from './json-shape.ts';
import { splitJson, takeObjects } from './split-json.ts';
import { jsonWriter } from './test-json.ts';

const LINES: JsonShape = { encoding: 'utf-8', framing: 'lines', path: [] };
const ARRAY: JsonShape = { encoding: 'utf-8', framing: 'array', path: [] };
const DOCUMENTS: JsonShape = { encoding: 'utf-8', framing: 'documents', path: [] };

/** Columns by their keys; `key:type` has a type that was inferred. */
const columnsOf = (names: readonly string[]): LoadColumn[] =>
  names.map((name) => {
    const [header = '', type = 'text'] = name.split(':');
    return {
      name: `"${header}"`,
      header,
      type: type as ColumnType,
      sqlType: type,
      added: true,
      inferred: type !== 'text',
    };
  });

type Row = readonly (string | null)[];

/** What COPY makes of lines in its text format (PostgreSQL manual, "COPY"). */
function readCopy(text: string): Row[] {
  const letters: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };
  const lines = text.split('\n');
  expect(lines.pop()).toBe('');
  return lines.map((line) =>
    line
      .split('\t')
      .map((field) => (field === '\\N' ? null : field.replace(/\\(.)/gs, (_, one: string) => letters[one] ?? one))),
  );
}

/** The rows of the lines. Each batch is read when the next one has come, as by a server, and then given back. */
async function copied(text: string | Uint8Array, shape: JsonShape, columns: readonly LoadColumn[], size = 65_536) {
  const taker = copyTaker(columns);
  const rows: Row[] = [];
  let told = 0;
  let last: CopyText | undefined;
  const readLast = () => {
    if (last === undefined) return;
    rows.push(...readCopy(Buffer.from(last.bytes).toString()));
    last.bytes.fill(0x78);
    taker.reuse(last.bytes);
  };
  for await (const batch of takeObjects(inChunks(text, size), shape, taker)) {
    told += batch.rows;
    readLast();
    last = batch;
  }
  readLast();
  expect(told).toBe(rows.length);
  return rows;
}

async function split(text: string | Uint8Array, shape: JsonShape, columns: readonly LoadColumn[]): Promise<Row[]> {
  const batches = await Array.fromAsync(splitJson(inChunks(text, 65_536), shape, columns));
  return batches.flatMap(({ records }) =>
    records.map(({ bytes, places, placesAt: at }) =>
      fieldTexts(bytes, places, { at, count: columns.length }, UNMARKED),
    ),
  );
}

describe('lines of COPY', () => {
  const KEYS = ['a', 'né', 'k"\\\n', '😀', ''];

  test.for(['lines', 'documents', 'array'] as const)('have the values of the records: %s', async (kind) => {
    const columns = columnsOf([...KEYS, 'j:jsonb']);
    for (let seed = 1; seed <= 200; seed += 1) {
      const random = randomNumbers(seed);
      const writer = jsonWriter(random);
      const written = Array.from({ length: 1 + Math.floor(random() * 8) }, () => writer.record([...KEYS, 'j']));
      const rows = kind === 'lines' ? written.map((row) => row.replaceAll('\n', ' ')) : written;
      const text = { lines: rows.join('\r\n\n'), documents: rows.join(' '), array: `[${rows.join(',\n')}]` }[kind];
      const shape = { lines: LINES, documents: DOCUMENTS, array: ARRAY }[kind];
      const size = 1 + Math.floor(random() * 60);
      const about = `seed ${seed}: ${text}`;
      expect(await copied(text, shape, columns, size), about).toEqual(await split(text, shape, columns));
    }
  });

  test('end where they do, whatever a code unit means', async () => {
    const units = ['000a', '000d', '0009', '005c', '0022', '0008', '00e9', '20AC', 'd83d\\uDE00'];
    const text = units.map((unit) => `{"a":"x\\u${unit}y"}\n`).join('');
    const rows = await copied(text, LINES, columnsOf(['a']));
    expect(rows).toEqual(['\n', '\r', '\t', '\\', '"', '\b', 'é', '€', '😀'].map((one) => [`x${one}y`]));
  });

  test('have NULL for keys that are missing, wherever', async () => {
    const rows = await copied('{"c":3}\n{}\n{"a":1,"c":null}\n{"c":3,"a":1}\n', LINES, columnsOf(['a', 'b', 'c']));
    expect(rows).toEqual([
      [null, null, '3'],
      [null, null, null],
      ['1', null, null],
      ['1', null, '3'],
    ]);
  });

  test('are sent in batches, however short the records are', async () => {
    const columns = columnsOf(Array.from({ length: 1_600 }, (_, index) => `k${index}`));
    let most = 0;
    let rows = 0;
    const text = inChunks('{}\n'.repeat(2_000), 65_536);
    for await (const batch of takeObjects(text, LINES, copyTaker(columns))) {
      most = Math.max(most, batch.bytes.length);
      rows += batch.rows;
    }
    expect(rows).toBe(2_000);
    expect(most).toBeLessThan(1_200_000);
  });
});

describe('what is no line of COPY', () => {
  test.for<readonly [string, string]>([
    ['{"a":1,"a":2}', 'it has the key "a" twice'],
    ['{"a":"\\u0000"}', 'the value of "a" has \\u0000, a character that PostgreSQL cannot store'],
    ['{"a":"\\ud83d"}', 'the value of "a" has half of a surrogate pair, which is no character'],
    ['{"a":"\\ud83d\\u0041"}', 'the value of "a" has half of a surrogate pair, which is no character'],
    ['{"a":"\\ude00"}', 'the value of "a" has half of a surrogate pair, which is no character'],
    ['{"a":"\\u00g0"}', 'it is no JSON: expected four hexadecimal digits at column 11'],
    ['{"a":"\\x"}', 'it is no JSON: expected one of the escapes of JSON at column 8'],
    ['{"a":"\u0001"}', 'it is no JSON: expected an escape in place of a control character at column 7'],
    ['{"a":1} {"a":2}', 'it is no JSON: expected the end of the line at column 9'],
    ['{"a":01}', 'it is no JSON: expected a comma or } at column 7'],
    ['{"a":"x"', 'it is no JSON: expected a comma or } where it ends'],
    ['{"a":1,}', 'it is no JSON: expected a key in quotes at column 8'],
    ['{"a" 1}', 'it is no JSON: expected a colon at column 6'],
    ['{"j":NaN}', 'the value of "j" is NaN or Infinity, which jsonb has not'],
    ['{"j":"\\u0000"}', 'the value of "j" has \\u0000, a character that PostgreSQL cannot store'],
    ['{"a":{"k":1,"k":2}}', 'the value of "a" has the key "k" twice in one object'],
    ['[1]', 'expected an object, got an array'],
  ])('is odd, with its line: %s', async ([line, reason]) => {
    const columns = [...columnsOf(['a']), { ...(columnsOf(['j:jsonb'])[0] as LoadColumn), inferred: false }];
    const reading = copied(`{"a":"x"}\n${line}\n`, LINES, columns);
    await expect(reading).rejects.toThrow(Halt);
    await expect(reading).rejects.toMatchObject({ outcome: { kind: 'odd', because: `line 2: ${reason}` } });
  });

  test('is odd where it is no text', async () => {
    const bad = Buffer.concat([Buffer.from('{"a":"é"}\n{"a":"'), Buffer.of(0xe9), Buffer.from('"}\n')]);
    await expect(copied(bad, LINES, columnsOf(['a']))).rejects.toMatchObject({
      outcome: { kind: 'odd', because: 'line 2: it has bytes that are no utf-8' },
    });
  });

  test('may be a key that has no column', async () => {
    await expect(copied('{"a":1}\n{"a":1,"b":2}\n', LINES, columnsOf(['a']))).rejects.toMatchObject({
      outcome: { kind: 'late key', key: 'b', line: 2 },
    });
  });

  test.for([
    ['bigint', '12', '1.5'],
    ['bigint', '12', '"12"'],
    ['bigint', '12', '[12]'],
    ['boolean', 'true', '"true"'],
    ['boolean', 'false', '0'],
    ['numeric', '1.50', '"1.50"'],
    ['double precision', '1e5', 'true'],
    ['date', '"2026-01-02"', '"2026-02-30"'],
    ['date', '"2026-01-02"', '20260102'],
    ['timestamp', '"2026-01-02T03:04:05"', '{"at":1}'],
    ['uuid', '"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"', '"a0eebc99"'],
  ] as const)(
    'may be a value that an inferred column does not keep: %s keeps %s, not %s',
    async ([type, kept, other]) => {
      const columns = columnsOf(['t', `v:${type}`]);
      const rows = await copied(`{"t":"x","v":${kept}}\n{"v":null}\n`, LINES, columns);
      expect(rows).toEqual([
        ['x', kept.replaceAll('"', '')],
        [null, null],
      ]);
      await expect(copied(`{"v":${kept}}\n{"v":${other}}\n`, LINES, columns)).rejects.toMatchObject({
        outcome: { kind: 'broken type', column: 1 },
      });
    },
  );
});
