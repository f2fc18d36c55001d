import { type ImportWorld, importWorld } from '@datasens/testkit/import-world.ts';
import { describe, expect, test } from 'vitest';
import type { Dialect } from './csv/dialect.ts';

/** A small generator of the numbers from 0 to 1 (mulberry32): the same seed, the same file. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

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

interface Made {
  readonly text: string;
  readonly told: Partial<Dialect>;
}

/** A file of a random dialect that both paths can read: every value that needs quotes has them, others may. */
function makeFile(random: () => number): Made {
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
  const header = Array.from({ length: columns }, (_, n) => `c${n}`).join(delimiter);
  const rows = Array.from({ length: 1 + Math.floor(random() * 30) }, (_, n) =>
    // The first value keeps a row from being blank.
    [`r${n}`, ...Array.from({ length: columns - 1 }, () => field(pick(VALUES)))].join(delimiter),
  );
  const text = [header, ...rows].join(end) + (random() < 0.5 ? end : '');
  return {
    text,
    told: { delimiter, quote: '"', escape: escapeBy, lineEnd, headerRows: 1, skipLines: 0, footerLines: 0 },
  };
}

async function loadBoth(world: ImportWorld, { text, told }: Made, table: string, types: 'infer' | 'text') {
  const fast = await world.load(text, { told, types, table: `fast_${table}` });
  // A word that stands nowhere changes nothing but the path.
  const tolerant = await world.load(text, { told, types, table: `tolerant_${table}`, nullWords: ['<none>'] });
  const rows = (name: string) => world.target.sql(`select * from ${name}_${table}`);
  return { fast, tolerant, fastRows: await rows('fast'), tolerantRows: await rows('tolerant') };
}

describe('the two paths make the same table', () => {
  test('of every generated file', async () => {
    await using world = await importWorld();
    const paths = new Set<string>();
    for (let seed = 1; seed <= 60; seed += 1) {
      const made = makeFile(randomNumbers(seed));
      const { fast, tolerant, fastRows, tolerantRows } = await loadBoth(
        world,
        made,
        `t${seed}`,
        seed % 2 ? 'infer' : 'text',
      );
      paths.add(fast.path);
      expect(tolerant.path).toBe('tolerant');
      expect(fastRows, `seed ${seed}: ${JSON.stringify(made.text)}`).toEqual(tolerantRows);
      expect(fast.columns).toEqual(tolerant.columns);
      expect(fast.rowsRead).toBe(tolerant.rowsRead);
    }
    expect(paths).toContain('fast');
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
    const { fast, tolerant, fastRows, tolerantRows } = await loadBoth(
      world,
      { text: content, told },
      't',
      'text',
    ).catch((error: unknown) => {
      if (rejects > 0) return { fast: undefined, error } as never;
      throw error;
    });
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
});
