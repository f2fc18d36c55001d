import { z } from 'zod';
import { AppError } from '../errors.ts';
import type { Queryable } from '../postgres/database.ts';
import { sqlState } from '../postgres/server-error.ts';
import { type DumpRow, selectDumps } from './dump-row.ts';
import { DUMP_STATUSES, DUMP_TYPES, type DumpStatus, type DumpType } from './new-dump.ts';
import { badCursor, decodeCursor, encodeCursor } from './page-cursor.ts';

export interface DumpFilter {
  readonly type?: DumpType | undefined;
  readonly status?: DumpStatus | undefined;
  readonly table?: string | undefined;
  /** Created then or later. */
  readonly since?: Date | undefined;
}

export interface PageRequest {
  /** 1 to 1,000. */
  readonly limit: number;
  readonly cursor?: string | undefined;
}

export interface DumpPage {
  readonly dumps: readonly DumpRow[];
  /** Gives the next page; absent on the last one. */
  readonly cursor?: string;
}

const Filter = z.object({
  type: z.enum(DUMP_TYPES).optional(),
  status: z.enum(DUMP_STATUSES).optional(),
  table: z.string().optional(),
  since: z.date().optional(),
  limit: z.int().min(1).max(1000),
});

/** The indexed expression of `idx_dump_audit_page`, character for character. */
const CREATED = `coalesce(date_creation, '-infinity'::timestamp)`;

/**
 * One page of dumps, newest first; equal dates by dump_id, rows without a date last. A row that is added meanwhile
 * never makes another appear twice or not at all. Throws `InvalidInput` for a bad filter, limit or cursor.
 */
export async function listDumps(db: Queryable, filter: DumpFilter, { limit, cursor }: PageRequest): Promise<DumpPage> {
  const checked = Filter.safeParse({ ...filter, limit });
  if (!checked.success) throw new AppError('InvalidInput', z.prettifyError(checked.error));
  const after = cursor === undefined ? undefined : decodeCursor(cursor);

  const params: unknown[] = [];
  const conditions: string[] = [];
  const where = (condition: (...parameters: string[]) => string, ...values: readonly unknown[]) => {
    conditions.push(condition(...values.map((value) => `$${params.push(value)}`)));
  };
  if (filter.type) where((type) => `type = ${type}`, filter.type);
  if (filter.status) where((status) => `statut = ${status}`, filter.status);
  if (filter.table !== undefined) where((table) => `table_cible = ${table}`, filter.table);
  if (filter.since) where((since) => `${CREATED} >= ${since}::timestamp`, filter.since.toISOString());
  if (after) where((at, id) => `(${CREATED}, dump_id) < (${at}::timestamp, ${id})`, after.createdAt, after.dumpId);

  // One more than asked for tells whether there is another page.
  const clause = `${conditions.length > 0 ? `where ${conditions.join(' and ')}` : ''}
    order by ${CREATED} desc, dump_id desc limit ${limit + 1}`;
  const rows = await selectDumps<{ position: string }>(db, clause, params, [`${CREATED}::text as position`]).catch(
    (error: unknown) => {
      // A date that has the form of one and is none, such as the 31st of June.
      throw cursor !== undefined && sqlState(error)?.startsWith('22') ? badCursor(error) : error;
    },
  );
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return {
    dumps: page.map(({ position: _, ...dump }) => dump),
    ...(last && rows.length > limit ? { cursor: encodeCursor({ createdAt: last.position, dumpId: last.dumpId }) } : {}),
  };
}
