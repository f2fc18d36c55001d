import { gzipSync } from 'node:zlib';
import { type ImportWorld, importWorld } from '@datasens/testkit/import-world.ts';
import { describe, expect, test } from 'vitest';
import type { Dialect } from './csv/dialect.ts';
import { randomNumbers } from './csv/test-table.ts';
import { jsonWriter } from './json/test-json.ts';
import { COLUMN_TYPES } from './types/column-type.ts';

const VALUES = [
  '',
  ' ',
  'a',
  'é€',
  '😀',
  'a b',
  "l'été",
  '\\',
  '\\.',
  '\\N',
  '\\n',
  'NULL',
  '"',
  '""',
  ',',
  ';',
  '\t',
  '\n',
  '\r\n',
  'a\nb',
  '\n\\.\n',
  "'x'",
  '`',
  '0',
  '00123',
  '-1',
  '1.50',
  '1e3',
  '=1+1',
  'true',
  '2026-01-02',
  'x'.repeat(5_000),
];

/** What the values of a column are taken from: of any kind, or of one. */
const POOLS: readonly (readonly string[])[] = [
  VALUES,
  VALUES,
  ['0', '-7', '42', '9223372036854775807'],
  ['1.50', '-0.25', '12345678901234567890.123456789'],
  ['1e3', '0.1', 'NaN'],
  ['2026-01-02', '2024-02-29'],
  ['2026-01-02 03:04:05.123456', '2026-01-02T03:04:05'],
  ['2026-01-02T03:04:05Z', '2026-01-02 03:04:05+02:00'],
  ['true', 'FALSE'],
  ['{"a": [1, "é"]}', '[]'],
  ['a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'],
  ['00123', '1'],
];

interface Made {
  readonly content: string | Uint8Array;
  /** For the message of a failure. */
  readonly text: string;
  readonly told: Partial<Dialect>;
}

/** A file of a random dialect that both paths can read: every value that needs quotes has them, others may. */
function makeFile(seed: number): Made {
  const random = randomNumbers(seed);
  const pick = <T>(from: readonly T[]) => from[Math.floor(random() * from.length)] as T;
  const delimiter = pick([',', ';', '\t', '|']);
  const escapeBy = pick(['"', '\\']);
  const lineEnd = pick(['lf', 'crlf'] as const);
  const end = lineEnd === 'lf' ? '\n' : '\r\n';
  const columns = 2 + Math.floor(random() * 4);
  const field = (value: string) => {
    const isPlain = !/["\r\n\\]/.test(value) && !value.includes(delimiter) && value !== "'x'" && value !== '`';
    if (isPlain && random() < 0.7) return value;
    return `"${escapeBy === '"' ? value.replaceAll('"', '""') : value.replaceAll(/["\\]/g, '\\$&')}"`;
  };
  const isLatin = random() < 0.3;
  const pools = Array.from({ length: columns - 1 }, (_, n) => {
    // Each has its turn, whatever is drawn.
    const pool = n === 0 ? (POOLS[(seed >> 1) % POOLS.length] ?? []) : pick(POOLS);
    return isLatin ? pool.filter((value) => !/[^\0-\x7f\xa0-\xff]/.test(value)) : pool;
  });
  const header = Array.from({ length: columns }, (_, n) => `c${n}`).join(delimiter);
  const rows = Array.from({ length: 1 + Math.floor(random() * 30) }, (_, n) =>
    // The first value keeps a row from being blank.
    [`r${n}`, ...pools.map((pool) => (random() < 0.15 ? '' : field(pick(pool))))].join(delimiter),
  );
  const text = [header, ...rows].join(end) + (random() < 0.5 ? end : '');
  const encoding = isLatin ? 'iso-8859-1' : 'utf-8';
  const bytes = Buffer.from(text, isLatin ? 'latin1' : 'utf8');
  return {
    text,
    content: random() < 0.3 ? gzipSync(bytes) : bytes,
    told: { encoding, delimiter, quote: '"', escape: escapeBy, lineEnd, headerRows: 1, skipLines: 0, footerLines: 0 },
  };
}

async function loadBoth(
  world: ImportWorld,
  { content, told }: Omit<Made, 'text'>,
  table: string,
  types: 'infer' | 'text',
) {
  const fast = await world.load(content, { told, types, table: `fast_${table}` });
  // A word that stands nowhere changes nothing but the path.
  const tolerant = await world.load(content, { told, types, table: `tolerant_${table}`, nullWords: ['<none>'] });
  const rows = (name: string) => world.target.sql(`select * from ${name}_${table}`);
  return { fast, tolerant, fastRows: await rows('fast'), tolerantRows: await rows('tolerant') };
}

describe('the two paths make the same table', () => {
  test('of every generated file', async () => {
    await using world = await importWorld();
    const types = new Set<string>();
    let fastOnes = 0;
    for (let seed = 1; seed <= 60; seed += 1) {
      const made = makeFile(seed);
      const { fast, tolerant, fastRows, tolerantRows } = await loadBoth(
        world,
        made,
        `t${seed}`,
        seed % 2 ? 'infer' : 'text',
      );
      for (const { type } of fast.columns) types.add(type);
      if (fast.path === 'fast') fastOnes += 1;
      expect(tolerant.path).toBe('tolerant');
      expect(fastRows, `seed ${seed}: ${JSON.stringify(made.text)}`).toEqual(tolerantRows);
      expect(fast.columns).toEqual(tolerant.columns);
      expect(fast.rowsRead).toBe(tolerant.rowsRead);
    }
    expect(fastOnes).toBeGreaterThan(40);
    expect([...types].sort()).toEqual([...COLUMN_TYPES].sort());
  });

  const told = {
    delimiter: ',',
    quote: '"',
    escape: '"',
    lineEnd: 'lf',
    headerRows: 1,
    skipLines: 0,
    footerLines: 0,
  } as const;

  test.for([
    ['a quote within a field', 'a,b\n1,5" wide\n2,6" wide\n', 2],
    ['pairs of quotes within a field', 'a,b\n1,5" by 6" wide\n2,y\n', 1],
    ['text after a closing quote', 'a,b\n1,"x"y\n2,z\n', 1],
    ['blank rows', 'a,b\n1,x\n,\n"",\n2,y\n', 0],
    ['empty lines', 'a,b\n1,x\n\n2,y\n', 0],
    ['the mark that ends a COPY of old', 'a,b\n1,x\n\\.\n2,y\n', 1],
    ['a row in other quotes', "a,b\n1,x\n'2','y'\n", 1],
    ['ragged rows', 'a,b\n1,x\n2\n3,y,z\n4,w\n', 2],
    ['a NUL', 'a,b\n1,x\0\n2,y\n', 1],
    ['mixed line ends', 'a,b\n1,x\r\n2,y\n', 0],
    ['a quote that is never closed', 'a,b\n1,x\n2,"y\n', 1],
  ] as const)('of a file with %s, which the fast one leaves alone', async ([, text, rejects]) => {
    await using world = await importWorld();
    // Beyond the sample, so that only the load can find it.
    const rows = Array.from({ length: 6_000 }, (_, n) => `${n},"${'row '.repeat(50)}"\n`).join('');
    const [header, ...rest] = text.split(/(?<=\n)/);
    const content = `${header}${rows}${rest.join('')}`;
    const { fast, tolerant, fastRows, tolerantRows } = await loadBoth(world, { content, told }, 't', 'text').catch(
      (error: unknown) => {
        if (rejects > 0) return { fast: undefined, error } as never;
        throw error;
      },
    );
    if (fast === undefined) {
      const result = await world.load(content, { told, types: 'text', maxRejects: rejects });
      expect(result).toMatchObject({ path: 'tolerant', rowsRejected: rejects });
      return;
    }
    expect(rejects).toBe(0);
    expect(fast).toMatchObject({ path: 'tolerant', rowsRejected: 0 });
    expect(fastRows).toEqual(tolerantRows);
    expect(fast.rowsRead).toBe(tolerant.rowsRead);
  });

  test('of every generated file of JSON', async () => {
    await using world = await importWorld();
    let fastOnes = 0;
    for (let seed = 1; seed <= 60; seed += 1) {
      const random = randomNumbers(seed);
      const writer = jsonWriter(random);
      const keys = ['a', 'b\n', 'é', 'j'];
      const records = Array.from({ length: 1 + Math.floor(random() * 20) }, () => writer.record(keys));
      const isArray = random() < 0.5;
      const content = isArray ? `[${records.join(',')}]` : records.map((row) => row.replaceAll('\n', ' ')).join('\n');
      const { fast, tolerant, fastRows, tolerantRows } = await loadBoth(
        world,
        { content, told: {} },
        `j${seed}`,
        seed % 2 ? 'infer' : 'text',
      );
      if (fast.path === 'fast') fastOnes += 1;
      expect(tolerant.path).toBe('tolerant');
      expect(fastRows, `seed ${seed}: ${content}`).toEqual(tolerantRows);
      expect(fast.columns).toEqual(tolerant.columns);
      expect(fast.rowsRead).toBe(records.length);
    }
    expect(fastOnes).toBe(60);
  });
});
