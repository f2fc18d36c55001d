import { describe, expect, test } from 'vitest';
import { NULL } from '../csv/field-place.ts';
import { fieldTexts } from '../csv/field-text.ts';
import { grammarOf } from '../csv/scan-record.ts';
import { inChunks, randomNumbers } from '../csv/test-table.ts';
import type { JsonShape } from './json-shape.ts';
import { splitJson, splitJsonRow } from './split-json.ts';
import { jsonWriter } from './test-json.ts';

const GRAMMAR = grammarOf({ delimiter: ',', quote: null, escape: null, lineEnd: 'lf' });
const LINES: JsonShape = { encoding: 'utf-8', framing: 'lines', path: [] };
const ARRAY: JsonShape = { encoding: 'utf-8', framing: 'array', path: [] };
const DOCUMENTS: JsonShape = { encoding: 'utf-8', framing: 'documents', path: [] };

/** Columns by their keys; `key:jsonb` stores JSON. */
const columnsOf = (names: readonly string[]) =>
  names.map((name) => {
    const [header = '', sqlType = 'text'] = name.split(':');
    return { name: `"${header}"`, header, sqlType };
  });

type Options = Parameters<typeof splitJson>[3] & { readonly size?: number };

async function read(text: string | Uint8Array, shape: JsonShape, names: readonly string[], options: Options = {}) {
  const { size = 65_536, ...rest } = options;
  const batches = await Array.fromAsync(splitJson(inChunks(text, size), shape, columnsOf(names), rest));
  return {
    records: batches.flatMap(({ records }) =>
      records.map(({ line, bytes, start, end, places, placesAt: at }) => ({
        line,
        values: fieldTexts(bytes, places, { at, count: names.length }, GRAMMAR),
        raw: bytes.toString('utf8', start, end),
      })),
    ),
    rejects: batches.flatMap(({ rejects }) => rejects),
    blankRows: batches.reduce((sum, { blankRows }) => sum + blankRows, 0),
    late: batches.find(({ lateKey }) => lateKey !== undefined)?.lateKey,
  };
}

const valuesOf = ({ records }: Awaited<ReturnType<typeof read>>) => records.map(({ values }) => values);

describe('records in whatever notation', () => {
  const KEYS = ['a', 'né', 'k"\\\n', '😀', ''];
  const names = [...KEYS, 'j:jsonb'];

  /** A value as it should arrive. */
  function expectValue(found: string | null | undefined, value: unknown, about: string): void {
    if (value === null || value === undefined) expect(found, about).toBeNull();
    else if (typeof value === 'string') expect(found, about).toBe(value);
    else expect(JSON.parse(found ?? ''), about).toEqual(value);
  }

  test.for(['lines', 'documents', 'array', 'nested'] as const)(
    'have the values that JSON.parse finds: %s',
    async (kind) => {
      for (let seed = 1; seed <= 150; seed += 1) {
        const random = randomNumbers(seed);
        const writer = jsonWriter(random);
        const written = Array.from({ length: 1 + Math.floor(random() * 6) }, () => writer.record([...KEYS, 'j']));
        const rows = written.map((row) => (kind === 'lines' ? row.replaceAll('\n', ' ') : row));
        const shape = { lines: LINES, documents: DOCUMENTS, array: ARRAY, nested: { ...ARRAY, path: ['x', 'y.z'] } }[
          kind
        ];
        const list = `[${rows.join(' ,\n')}]`;
        const text = {
          lines: rows.join('\r\n'),
          documents: rows.join(writer.pick(['', '\n', ' '])),
          array: ` ${list}\n`,
          nested: `{"w": [{"a": 1}], "x": {"k": {"y.z": 5}, "y\\u002ez": ${list}, "b": 1.5}, "c": null}`,
        }[kind];
        const about = `seed ${seed}: ${text}`;
        const found = await read(text, shape, names, { size: 1 + Math.floor(random() * 40) });
        expect(found.rejects, about).toEqual([]);
        expect(
          found.records.map(({ raw }) => raw),
          about,
        ).toEqual(rows);
        for (const [index, row] of rows.entries()) {
          const object = JSON.parse(row);
          const values = found.records[index]?.values ?? [];
          for (const [column, key] of KEYS.entries()) expectValue(values[column], object[key], about);
          const json = values[KEYS.length] ?? 'null';
          expect(JSON.parse(json), about).toEqual(object.j ?? null);
        }
      }
    },
  );

  test('are the same wherever the chunks end', async () => {
    const text =
      '{"d": {"s": "\\ud83d\\ude00", "r": [{"a": "x\\n\\u00e9😀", "n": -1.5e10},\n 71.5,\n {"n": 12, "j": {"a": [true]}}, {"a": null}]}, "z": 1}';
    const shape = { ...ARRAY, path: ['d', 'r'] };
    const whole = await read(text, shape, ['a', 'n', 'j:jsonb']);
    expect(valuesOf(whole)).toEqual([
      ['x\né😀', '-1.5e10', null],
      [null, '12', '{"a": [true]}'],
      [null, null, null],
    ]);
    for (let size = 1; size < Buffer.byteLength(text); size += 1) {
      expect(await read(text, shape, ['a', 'n', 'j:jsonb'], { size }), `chunks of ${size}`).toEqual(whole);
    }
  });
});

describe('values', () => {
  test('of numbers stand as they are written', async () => {
    const numbers = [
      '9007199254740993',
      '123456789012345678901234567890.123456789',
      '1e400',
      '-0',
      '-0.0',
      '1.10',
      '1E5',
    ];
    const found = await read(numbers.map((one) => `{"n":${one}}\n`).join(''), LINES, ['n']);
    expect(valuesOf(found)).toEqual(numbers.map((one) => [one]));
  });

  test('may be NaN or Infinity, but not as JSON', async () => {
    const found = await read('{"n":NaN}\n{"n":-Infinity}\n{"n":Infinity}\n{"j":NaN}\n{"n":{"x":NaN}}\n', LINES, [
      'n',
      'j:jsonb',
    ]);
    expect(valuesOf(found)).toEqual([
      ['NaN', null],
      ['-Infinity', null],
      ['Infinity', null],
    ]);
    expect(found.rejects.map(({ line, reason }) => [line, reason])).toEqual([
      [4, 'the value of "j" is NaN or Infinity, which jsonb has not'],
      [5, 'the value of "n" has NaN or Infinity within an object or array, which jsonb has not'],
    ]);
  });

  test('are JSON where JSON is stored, and NULL where they are null or missing', async () => {
    const found = await read('{"j":"a\\u00e9","t":"a\\u00e9"}\n{"j":"null","t":null}\n{"j":null}\n{}\n', LINES, [
      'j:jsonb',
      't',
    ]);
    expect(valuesOf(found)).toEqual([
      ['"a\\u00e9"', 'aé'],
      ['"null"', null],
      [null, null],
      [null, null],
    ]);
  });

  test('are NULL where a word is told to mean it', async () => {
    const found = await read('{"a":"NA","b":"x"}\n{"a":"NAN","b":"\\u004eA"}\n', LINES, ['a', 'b'], {
      nullWords: ['NA'],
    });
    expect(valuesOf(found)).toEqual([
      [null, 'x'],
      ['NAN', null],
    ]);
  });
});

describe('NDJSON', () => {
  test('has blank lines, CRLF and no last line end for all one cares', async () => {
    const found = await read('\n{"a":1}\r\n  \r\n\t{"a":2} ', LINES, ['a']);
    expect(found).toEqual({
      records: [
        { line: 2, values: ['1'], raw: '{"a":1}' },
        { line: 4, values: ['2'], raw: '{"a":2}' },
      ],
      rejects: [],
      blankRows: 2,
      late: undefined,
    });
  });

  test.for<readonly [string, string]>([
    ['{"a":1', 'it is no JSON: expected a comma or } where it ends'],
    ['{"a":', 'it is no JSON: expected a value where it ends'],
    ['{"a":"x', 'it is no JSON: expected a closing quote where it ends'],
    ['{"a":1}}', 'it is no JSON: expected the end of the line at column 8'],
    ['{"a":1} {"a":2}', 'it is no JSON: expected the end of the line at column 9'],
    ['{"a":1,}', 'it is no JSON: expected a key in quotes at column 8'],
    ["{'a':1}", 'it is no JSON: expected a key in quotes at column 2'],
    ['{"a":\0}', 'it is no JSON: expected a value at column 6'],
    ['hello', 'it is no JSON: expected a value at column 1'],
    ['[{"a":1}]', 'expected an object, got an array'],
    ['"a"', 'expected an object, got a string'],
    ['17', 'expected an object, got a number'],
    ['null', 'expected an object, got null'],
    ['true', 'expected an object, got true or false'],
    ['{"a":1,"b":2,"a":1}', 'it has the key "a" twice'],
    ['{"a":1,"\\u0061":1}', 'it has the key "a" twice'],
    ['{"x":1,"x":1}', 'it has the key "x" twice'],
    ['{"a":{"k":1,"k":2}}', 'the value of "a" has the key "k" twice in one object'],
    ['{"b":"\\u0000"}', 'the value of "b" has \\u0000, a character that PostgreSQL cannot store'],
    ['{"b":["\\ud83d"]}', 'the value of "b" has half of a surrogate pair, which is no character'],
    ['{"\\u0000":1}', 'it has a key that has \\u0000, a character that PostgreSQL cannot store'],
    [`{"a":${'['.repeat(512)}${']'.repeat(512)}}`, 'the value of "a" is nested more than 512 deep'],
  ])('rejects %s, and goes on', async ([line, reason]) => {
    const found = await read(`{"a":"before"}\n${line}\r\n{"a":"after"}`, LINES, ['a', 'b'], { size: 7 });
    expect(valuesOf(found)).toEqual([
      ['before', null],
      ['after', null],
    ]);
    expect(found.rejects).toEqual([{ line: 2, raw: line, reason }]);
    expect(found.late).toBeUndefined();
  });

  test('rejects the line that the file is cut off in', async () => {
    const found = await read('{"a":1}\n{"a":"x', LINES, ['a']);
    expect(found.records).toHaveLength(1);
    expect(found.rejects).toMatchObject([{ line: 2, raw: '{"a":"x' }]);
  });

  test('rejects bytes that are no text, and shows them', async () => {
    const bad = Buffer.concat([Buffer.from('{"a":"é"}\n{"a":"'), Buffer.of(0xe9), Buffer.from('"}\n{"a":"x"}\n')]);
    const found = await read(bad, LINES, ['a']);
    expect(valuesOf(found)).toEqual([['é'], ['x']]);
    expect(found.rejects).toEqual([{ line: 2, raw: '{"a":"\\xe9"}', reason: 'it has bytes that are no utf-8' }]);
  });
});

test('a key that has no column is told, with its line', async () => {
  const found = await read('{"a":1}\n{"b":2,"a":1,"c":3}\n{"d":4}\n', LINES, ['a']);
  expect(found.late).toEqual({ line: 2, key: 'b' });
  expect(valuesOf(found)).toEqual([['1'], ['1'], [null]]);
});

test('a key that is written in another way is the same key', async () => {
  const found = await read('{"é":1,"b":2}\n{"\\u00e9":3,"b":4}\n{"b":6,"\\u00E9":5}\n{"é":7}\n', LINES, ['é', 'b']);
  expect(valuesOf(found)).toEqual([
    ['1', '2'],
    ['3', '4'],
    ['5', '6'],
    ['7', null],
  ]);
});

describe('an array', () => {
  test('rejects elements that are no objects, or that PostgreSQL cannot store', async () => {
    const found = await read('[{"a":1},\n3,\n[{"a":2}],\n{"a":1,"a":2},{"a":2}]', ARRAY, ['a']);
    expect(found.records).toMatchObject([
      { line: 1, values: ['1'] },
      { line: 4, values: ['2'] },
    ]);
    expect(found.rejects).toEqual([
      { line: 2, raw: '3', reason: 'expected an object, got a number' },
      { line: 3, raw: '[{"a":2}]', reason: 'expected an object, got an array' },
      { line: 4, raw: '{"a":1,"a":2}', reason: 'it has the key "a" twice' },
    ]);
  });

  test.for<readonly [string, readonly string[], string]>([
    ['[{"a":1},\n{"a":2]', [], 'line 2, column 7: this is no JSON: expected a comma or }'],
    ['[{"a":1}\n\n {"a":2}]', [], 'line 3, column 2: this is no JSON: expected a comma or ]'],
    ['[{"a":1},]', [], 'line 1, column 10: this is no JSON: expected a value'],
    ['[{"a":1}', [], 'line 1, column 9: the file is cut off: expected the rest of the document'],
    ['[{"a":1},\n{"a":"x', [], 'line 2, column 8: the file is cut off: expected a closing quote'],
    ['[{"a":1}]\nx', [], 'line 2, column 1: this is no JSON: expected the end of the document'],
    ['[{"a":1}][]', [], 'line 1, column 10: this is no JSON: expected the end of the document'],
    ['{"d":[{"a":1}],"e":tru}', ['d'], 'line 1, column 23: this is no JSON: expected a value'],
    ['{"d":[{"a":1}]', ['d'], 'line 1, column 15: the file is cut off: expected the rest of the document'],
    ['{"d":[{"a":1}],\n"d":[]}', ['d'], 'line 2: d stands in the document twice'],
    ['{"d":{"e":[]},"d":{"e":[]}}', ['d', 'e'], 'line 1: d stands in the document twice'],
    ['{"e":[]}', ['d'], 'line 1: there is no d: --records tells'],
    ['{"d":{"x":1}}', ['d', 'e'], 'line 1: there is no d.e: --records tells'],
    ['{"d":7}', ['d'], 'line 1: expected an array at d, got a number'],
    ['{"d":[]}', ['d', 'e'], 'line 1: expected an object at d, got an array'],
    ['[]', ['d'], 'line 1: expected an object at ., got an array'],
  ])('is refused where it is damaged: %j at %j', async ([text, path, message]) => {
    for (const size of [1, 5, 1_000]) {
      await expect(read(text, { ...ARRAY, path }, ['a'], { size })).rejects.toMatchObject({
        name: 'InvalidInput',
        message: expect.stringContaining(message),
      });
    }
  });

  test('may be empty', async () => {
    expect((await read('[ ]', ARRAY, ['a'])).records).toEqual([]);
    expect((await read('{"a":{},"d":[]}', { ...ARRAY, path: ['d'] }, ['a'])).records).toEqual([]);
  });
});

describe('memory', () => {
  test('holds no record beyond the limit', async () => {
    const long = `{"a":"${'x'.repeat(200)}"}`;
    for (const [text, shape, line] of [
      [`{"a":1}\n${long}\n`, LINES, 2],
      [`[{"a":1},\n\n${long}]`, ARRAY, 3],
      [`{"m":\n${long.replace('"a"', '"b"')},"d":[]}`, { ...ARRAY, path: ['d'] }, 1],
      [`{"a":1}\n${long}`, DOCUMENTS, 2],
    ] as const) {
      for (const size of [10, 1_000]) {
        await expect(read(text, shape, ['a'], { size, limitBytes: 100 })).rejects.toMatchObject({
          name: 'InvalidInput',
          details: { line, limitBytes: 100 },
        });
      }
    }
  });

  test('is bounded for short records of many columns', async () => {
    const names = Array.from({ length: 1_000 }, (_, index) => `k${index}`);
    let most = 0;
    let count = 0;
    for await (const { records } of splitJson(inChunks('{}\n'.repeat(1_000)), LINES, columnsOf(names))) {
      most = Math.max(most, records.length);
      count += records.length;
    }
    expect(count).toBe(1_000);
    expect(most).toBeLessThan(100);
  });
});

test('a text that breaks off is read as far as it goes', async () => {
  const options = { isBeginning: true };
  expect((await read('[{"a":1},{"a":', ARRAY, ['a'], options)).records).toHaveLength(1);
  expect((await read('{"a":1}\n{"a":2}', LINES, ['a'], options)).records).toHaveLength(1);
});

test('a corrected row is read alone, whatever its lines', async () => {
  const columns = columnsOf(['a', 'j:jsonb']);
  const row = (raw: string) => Array.fromAsync(splitJsonRow(inChunks(raw, 3), columns, { nullWords: ['NA'] }));
  const [pretty] = await row('{\n  "a": "x\\n",\n  "j": [1]\n}\n');
  expect(
    pretty?.records.map(({ bytes, places, placesAt: at }) => fieldTexts(bytes, places, { at, count: 2 }, GRAMMAR)),
  ).toEqual([['x\n', '[1]']]);
  expect((await row('{"a":"NA"}'))[0]?.records.map(({ places, placesAt }) => places[placesAt])).toEqual([NULL]);
  expect(await row('{"a":1')).toMatchObject([{ records: [], rejects: [{ raw: '{"a":1' }] }]);
  expect(await row('{"a":1}\n{"a":2}')).toMatchObject([{ records: [], rejects: [{ line: 1 }] }]);
  expect(await row(' ')).toEqual([{ records: [], rejects: [], blankRows: 1 }]);
});
