import { describe, expect, test } from 'vitest';
import { randomNumbers } from '../csv/test-table.ts';
import { STOPPED, scanOf, skipSpace } from './scan.ts';
import { scanValue } from './scan-value.ts';
import { jsonWriter } from './test-json.ts';

/** What we make of a text that should be one value. */
function scanAll(text: string) {
  const scan = scanOf([Buffer.from(text)], true);
  const end = scanValue(scan, skipSpace(scan.bytes, 0));
  const isJson = end !== STOPPED && skipSpace(scan.bytes, end) === scan.size;
  return { isJson, unstorable: scan.unstorable, stoppedAt: scan.stoppedAt, expected: scan.expected };
}

function parse(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

/** Whether PostgreSQL has all of its strings. */
function isText(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed() && !value.includes('\0');
  if (typeof value !== 'object' || value === null) return true;
  return Object.entries(value).every(([key, inner]) => isText(key) && isText(inner));
}

describe('JSON.parse takes the same texts', () => {
  test('that are written well', () => {
    for (let seed = 1; seed <= 3_000; seed += 1) {
      const text = jsonWriter(randomNumbers(seed)).value(4);
      expect(parse(text), text).toBeDefined();
      expect(scanAll(text), text).toMatchObject({ isJson: true, unstorable: undefined });
    }
  });

  test('that are damaged, or refuses them, too', () => {
    const marks = [
      '{',
      '}',
      '[',
      ']',
      '"',
      ',',
      ':',
      '\\',
      '\\u',
      '\\u0000',
      '\\ud83d',
      '\\udc00',
      '0',
      '1',
      '.',
      'e',
      '-',
    ];
    const more = ['+', ' ', '\n', '\0', '\u0001', 't', 'true', 'null', 'é', 'x', '"a":', "'", '\u00a0', '\ufeff'];
    let taken = 0;
    let refused = 0;
    for (let seed = 1; seed <= 30_000; seed += 1) {
      const random = randomNumbers(seed);
      const writer = jsonWriter(random);
      let text = writer.value(3);
      for (let damage = 0; damage < 1 + Math.floor(random() * 2); damage += 1) {
        const at = Math.floor(random() * (text.length + 1));
        const cut = Math.floor(random() * 3);
        text = text.slice(0, at) + writer.pick(['', ...marks, ...more]) + text.slice(at + cut);
      }
      if (!text.isWellFormed()) continue;
      const parsed = parse(text);
      const found = scanAll(text);
      expect(found.isJson, `seed ${seed}: ${JSON.stringify(text)}`).toBe(parsed !== undefined);
      if (parsed === undefined) refused += 1;
      else taken += 1;
      if (parsed !== undefined && !isText(parsed.value)) expect(found.unstorable, text).toBeDefined();
    }
    expect(Math.min(taken, refused)).toBeGreaterThan(3_000);
  });
});

test.for<readonly [string, string]>([
  ['has \\u0000', '["a\\u0000"]'],
  ['has half of a surrogate pair', '["\\ud83d"]'],
  ['has half of a surrogate pair', '["\\ude00\\ud83d"]'],
  ['has half of a surrogate pair', '["\\ud83d\\ud83d\\ude00"]'],
  ['has half of a surrogate pair', '[{"\\udfff": 1}]'],
  ['has the key "a" twice', '{"a":1,"b":2,"a":3}'],
  ['has the key "a" twice', '[{"b":{"a":1,"\\u0061":3}}]'],
  ['has the key "k11" twice', `{${[...Array(12).keys(), 11].map((n) => `"k${n}":[{"k1":0}]`).join()}}`],
  ['has NaN or Infinity', '[NaN]'],
  ['has NaN or Infinity', '{"a":-Infinity}'],
  ['is nested more than 512 deep', `${'[{"a":'.repeat(300)}1${'}]'.repeat(300)}`],
  ['is nested more than 512 deep', '['.repeat(100_000) + ']'.repeat(100_000)],
])('JSON that PostgreSQL cannot store %s: %s', ([why, text]) => {
  expect(scanAll(text)).toMatchObject({ isJson: true, unstorable: expect.stringContaining(why) });
});

test('keys that stand in several objects are not twice in one', () => {
  expect(scanAll('{"a":{"a":[{"a":1},{"a":2}]},"b":{"a":1}}').unstorable).toBeUndefined();
  expect(scanAll('['.repeat(500) + ']'.repeat(500)).unstorable).toBeUndefined();
});

test.for<readonly [string, string, number]>([
  ['{"a":1,}', 'a key in quotes', 7],
  ['{"a" 1}', 'a colon', 5],
  ['[1 2]', 'a comma or ]', 3],
  ['{"a":1 "b"', 'a comma or }', 7],
  ['[01]', 'a comma or ]', 2],
  ['[-]', 'a digit', 2],
  ['[1.]', 'a digit', 3],
  ['[1e+]', 'a digit', 4],
  ['[.5]', 'a value', 1],
  ['[nul]', 'a value', 4],
  ['["a\nb"]', 'an escape in place of a control character', 3],
  ['["\\x"]', 'one of the escapes of JSON', 3],
  ['["\\u12g4"]', 'four hexadecimal digits', 6],
  ['["abc', 'a closing quote', 5],
  ['["\\', 'one of the escapes of JSON', 3],
])('%j has something else than %s at %i', ([text, expected, stoppedAt]) => {
  expect(scanAll(text)).toMatchObject({ isJson: false, expected, stoppedAt });
});
