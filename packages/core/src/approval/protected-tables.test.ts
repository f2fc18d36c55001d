import { describe, expect, test } from 'vitest';
import { randomNumbers } from '../import/csv/test-table.ts';
import { DEFAULT_PROTECTED, parseProtectedTables, protectedAmong } from './protected-tables.ts';

const parse = (text: string) => parseProtectedTables(text, 'DATASENS_PROTECTED');
const isProtected = (text: string, schema: string, name: string) =>
  protectedAmong(parse(text), [{ schema, name }]).length > 0;

test.for([
  ['gold.*', 'gold', 'sales', true],
  ['gold.*', 'golden', 'sales', false],
  ['gold.*', 'a_gold', 'sales', false],
  ['gold*.*', 'golden', 'sales', true],
  ['*.sales', 'silver', 'sales', true],
  ['*.sales', 'silver', 'sales_2024', false],
  // Outside of quotes SQL folds letters; a name that keeps them is another table.
  ['GOLD.Sales', 'gold', 'sales', true],
  ['GOLD.Sales', 'GOLD', 'Sales', false],
  ['"GOLD"."Sales"', 'GOLD', 'Sales', true],
  ['"GOLD"."Sales"', 'gold', 'sales', false],
  ['"a.b"."c,d""e"', 'a.b', 'c,d"e', true],
  // What is in quotes is taken to the letter.
  ['"gold"."*"', 'gold', 'sales', false],
  ['"gold"."*"', 'gold', '*', true],
  ['gold."t.1", silver.t', 'silver', 't', true],
  ['gold."t.1", silver.t', 'gold', 't.1', true],
  // In one encoding the server folds these letters, in another it does not.
  ['gold.ÉTÉ_*', 'gold', 'été_2024', true],
  ['gold.ÉTÉ_*', 'gold', 'ÉtÉ_2024', true],
  ['gold.ÉTÉ_*', 'gold', 'ÉTÉ_2024', false],
  ['gold.t+(x)', 'gold', 't+(x)', true],
  ['gold.t+(x)', 'gold', 'ttx', false],
  ['gold.a\nb', 'gold', 'a\nb', true],
  ['["gold.*", "finance.t_*"]', 'finance', 't_1', true],
  ['["gold.*", "finance.t_*"]', 'finance', 'u_1', false],
  ['[]', 'gold', 'sales', false],
] as const)('%s: %s.%s is protected: %s', ([text, schema, name, expected]) => {
  expect(isProtected(text, schema, name)).toBe(expected);
});

test('gold.* is protected where nobody says so', () => {
  const tables = [
    { schema: 'gold', name: 'a' },
    { schema: 'silver', name: 'a' },
  ];
  expect(protectedAmong(DEFAULT_PROTECTED, tables)).toEqual(tables.slice(0, 1));
});

test.for([
  'gold',
  'a.b.c',
  '"gold.*',
  'gold."',
  '.x',
  'gold.',
  ' ',
  ',',
  '["gold"]',
  '[1]',
  '[',
  `gold.${'x'.repeat(64)}`,
])('%s would protect nothing, and is refused', (text) => {
  expect(() => parse(text)).toThrow(
    expect.objectContaining({
      name: 'ConfigError',
      message: expect.stringMatching(/^DATASENS_PROTECTED: .*Expected/s),
    }),
  );
});

describe('of any names', () => {
  const worlds = Array.from({ length: 2_000 }, (_, seed) => randomWorld(seed));

  test('a quoted name protects itself alone', () => {
    for (const { schema, name, other } of worlds) {
      const pattern = `${quoted(schema)}.${quoted(name)}`;
      expect(isProtected(pattern, schema, name), pattern).toBe(true);
      expect(isProtected(pattern, schema, other), `${pattern} ${other}`).toBe(other === name);
    }
  });

  test('a pattern protects what a walk along it accepts', () => {
    for (const { glob, other } of worlds) {
      const expected = accepts([...glob.toLowerCase()], [...other]);
      expect(isProtected(`s.${glob}`, 's', other), `${glob} ${other}`).toBe(expected);
    }
  });

  test('a list protects what any of its patterns does, as text and as JSON, in any order', () => {
    for (const [index, { glob, schema, name, other }] of worlds.entries()) {
      const patterns = [`s.${glob}`, `${quoted(schema)}.${quoted(name)}`, 'gold.*'];
      const expected = patterns.some((pattern) => isProtected(pattern, 's', other));
      const turned = index % 2 === 0 ? patterns : patterns.toReversed();
      expect(isProtected(turned.join(', '), 's', other), turned.join(', ')).toBe(expected);
      expect(isProtected(JSON.stringify(turned), 's', other), turned.join(', ')).toBe(expected);
    }
  });
});

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** By definition: a star is nothing, or a character and a star. */
function accepts([first, ...rest]: string[], name: string[]): boolean {
  if (first === undefined) return name.length === 0;
  if (first === '*') return accepts(rest, name) || (name.length > 0 && accepts([first, ...rest], name.slice(1)));
  return name[0] === first && accepts(rest, name.slice(1));
}

function randomWorld(seed: number) {
  const numbers = randomNumbers(seed);
  const random = (below: number) => Math.floor(numbers() * below);
  const text = (alphabet: string, least: number, most: number) =>
    Array.from({ length: least + random(most - least + 1) }, () => alphabet[random(alphabet.length)]).join('');
  return {
    schema: text('abG."*, []{}\\', 1, 4),
    name: text('abT."*, $', 1, 4),
    other: text('abt', 1, 4),
    glob: text('abT*', 1, 5),
  };
}
