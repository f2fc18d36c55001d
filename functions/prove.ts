import { withoutRows } from '@datasens/core/audit/record-failure.ts';
import { AppError } from '@datasens/core/errors.ts';
import { rowsOf } from '@datasens/core/postgres/compare-proof.ts';
import { testDump } from '@datasens/core/restore/test-dump.ts';
import * as z from 'zod';
import { Actor } from './task/retention.ts';
import { task } from './task/task.ts';

/** Restores a dump into the scratch server, and tells what it compared: PROUVE. Throws why it is not proven. */
export const handler = task({ dumpId: z.int().positive(), user: Actor }, async (deps, { dumpId, user }) => {
  const { scratch } = deps.config;
  if (!scratch) throw new AppError('ConfigError', 'there is no server to restore into: set DATASENS_SCRATCH_URL');
  const { comparison, error, sensitive, durationMs } = await testDump(deps, dumpId, { scratch, user });
  if (!comparison) throw sensitive ? withoutRows(error) : error;
  const { level, tables } = comparison;
  return { level, tables: tables.length, rows: rowsOf(comparison) ?? null, durationMs };
});
