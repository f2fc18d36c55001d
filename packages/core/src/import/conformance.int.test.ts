import { type FormatCase, readJsonCases, readParquetCases } from '@datasens/testkit/format-cases/format-case.ts';
import { judgeImport } from '@datasens/testkit/format-cases/judge-import.ts';
import { importWorld } from '@datasens/testkit/import-world.ts';
import { expect, test } from 'vitest';

const FILES = `${import.meta.dirname}/../../../../test`;
const parquet = await readParquetCases(`${FILES}/parquet`);
const json = await readJsonCases(`${FILES}/json-files`);

/** Those that are not simply right: by the path that the import chooses, and by the tolerant one. */
const EXPECTED: Readonly<Record<string, readonly [own: string, tolerant: string]>> = {
  'duckdb-null-array': ['refused', 'refused'],
  'pyarrow-encrypted-column': ['refused', 'refused'],
  'pyarrow-farther-dates': ['told', 'refused'],
  'pyarrow-nanoseconds': ['told', 'refused'],
  'pyarrow-nul': ['refused', 'refused'],
};

test.each([
  ['Parquet', 'own', parquet],
  ['Parquet', 'tolerant', parquet],
  ['JSON', 'own', json],
  ['JSON', 'tolerant', json],
] as const)('what other programs wrote is imported as it was: %s, by its %s path', async (_, way, cases) => {
  await using world = await importWorld();
  for (const one of cases) {
    const [own, tolerant] = EXPECTED[one.name] ?? ['right', 'right'];
    const judged = await judgeImport(world.deps, one, way);
    expect(judged, one.name).toMatchObject({ outcome: way === 'own' ? own : tolerant });
    if (judged.outcome !== 'refused') expect(judged.path).toBe(way === 'own' ? 'fast' : 'tolerant');
  }
});

test.each([
  parquet.find(({ name }) => name === 'pandas-objects') as FormatCase,
  json.find(({ name }) => name === 'duckdb.json') as FormatCase,
])('a difference would be seen, in each column of $name', async (one) => {
  await using world = await importWorld();
  const [first = [], ...others] = one.rows;
  for (const [column, { name }] of one.columns.entries()) {
    const row = first.map((value, at) => (at === column ? altered(value) : value));
    expect(await judgeImport(world.deps, { ...one, rows: [row, ...others] }, 'own')).toMatchObject({
      outcome: 'silently different',
      because: expect.stringContaining(JSON.stringify(name)),
    });
  }
});

function altered(value: string | null): string {
  return `${value}1`.replace('}1', ', "z": 1}').replace(']1', ', 1]');
}
