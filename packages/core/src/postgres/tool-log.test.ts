import { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { expect, test } from 'vitest';
import { createToolLog } from './tool-log.ts';

async function logOf(lines: readonly string[]) {
  const tables: string[] = [];
  const stderr = Readable.from([Buffer.from(lines.map((line) => `${line}\n`).join(''))]);
  const log = createToolLog(stderr, (name) => tables.push(name));
  await finished(stderr);
  return { log, tables };
}

test('tables, warnings and errors are told apart, and hints stay with their message', async () => {
  const { log, tables } = await logOf([
    'pg_dump: reading schemas',
    'pg_dump: dumping contents of table "public.Été 2024"',
    'pg_dump: warning: there are circular foreign-key constraints on this table:',
    'pg_dump: detail: t',
    'pg_dump: error: query failed: ERROR:  permission denied for table t',
    'pg_dump: detail: Query was: LOCK TABLE t',
    'and its second line',
  ]);
  expect(tables).toEqual(['public.Été 2024']);
  expect(log.warnings()).toEqual(['there are circular foreign-key constraints on this table:', 't']);
  expect(log.lastWords()).toBe(
    'query failed: ERROR:  permission denied for table t; Query was: LOCK TABLE t; and its second line',
  );
});

test('a tool without errors is quoted by its last line, and a flood of warnings is counted', async () => {
  const { log } = await logOf([...Array(150).fill('pg_dump: warning: again'), 'pg_dump: saving encoding']);
  expect(log.warnings()).toHaveLength(101);
  expect(log.warnings().at(-1)).toBe('and 50 more warnings');
  expect(log.lastWords()).toBe('saving encoding');
});
