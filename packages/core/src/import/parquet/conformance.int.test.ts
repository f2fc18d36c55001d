import { testDatabase } from '@datasens/testkit/database.ts';
import { type FormatCase, readFormatCases } from '@datasens/testkit/format-cases/format-case.ts';
import { judgeParquet } from '@datasens/testkit/format-cases/judge-parquet.ts';
import { expect, test } from 'vitest';
import { openSession, type Session } from '../../postgres/session.ts';
import { parseDatabaseUrl } from '../../postgres/target.ts';

const cases = await readFormatCases(`${import.meta.dirname}/../../../../../test/parquet`, '.parquet');

async function withSession<T>(work: (session: Session) => Promise<T>): Promise<T> {
  await using database = await testDatabase();
  await using session = await openSession(parseDatabaseUrl(database.url, 'target'), {
    applicationName: 'test',
    settings: { TimeZone: 'UTC', DateStyle: 'ISO, YMD', extra_float_digits: '1' },
  });
  return await work(session);
}

/** Those that are not simply right. */
const EXPECTED: Readonly<Record<string, string>> = {
  'duckdb-null-array': 'refused',
  'pyarrow-encrypted-column': 'refused',
  'pyarrow-farther-dates': 'told',
  'pyarrow-nanoseconds': 'told',
  'pyarrow-nul': 'refused',
};

test.each(['binary', 'text'] as const)('what other programs wrote arrives as it was: %s', async (way) => {
  await withSession(async (session) => {
    for (const one of cases) {
      const judged = await judgeParquet(session, one, way);
      expect(judged, one.name).toMatchObject({ outcome: EXPECTED[one.name] ?? 'right' });
    }
  });
});

test('a difference would be seen', async () => {
  const one = cases.find(({ name }) => name === 'pandas-objects') as FormatCase;
  const [first = [], ...others] = one.rows;
  await withSession(async (session) => {
    for (const [column, { name }] of one.columns.entries()) {
      const row = first.map((value, at) => (at === column ? altered(value) : value));
      const { outcome } = await judgeParquet(session, { ...one, rows: [row, ...others] }, 'binary');
      expect(outcome, name).toBe('silently different');
    }
  });
});

function altered(value: string | null): string {
  return `${value}1`.replace('}1', ', "z": 1}').replace(']1', ', 1]');
}
