import * as z from 'zod';
import { AppError } from '../errors.ts';
import type { Queryable } from '../postgres/database.ts';
import { sqlState } from '../postgres/server-error.ts';
import { type DumpRow, selectDumps } from './dump-row.ts';
import { DUMP_STATUSES, DUMP_TYPES, type DumpStatus, type DumpType } from './new-dump.ts';
import { badCursor, decodeCursor, encodeCursor, type Position } from './page-cursor.ts';

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

/**
 * One page of dumps, newest first; equal dates by dump_id, rows without a date last. A row that is added meanwhile
 * never makes another appear twice or not at all. Throws `InvalidInput` for a bad filter, limit or cursor.
 */
export async function listDumps(db: Queryable, filter: DumpFilter, { limit, cursor }: PageRequest): Promise<DumpPage> {
  const checked = Filter.safeParse({ ...filter, limit });
  if (!checked.success) throw new AppError('InvalidInput', z.prettifyError(checked.error));
  const after = cursor === undefined ? undefined : decodeCursor(cursor);

  // One more than asked for tells whether there is another page.
  const wanted = limit + 1;
  // Two queries, because idx_dump_audit_date, read backwards, has the rows without a date at its wrong end.
  const rows = after?.createdAt === null ? [] : await listDated(db, filter, after, wanted);
  if (rows.length < wanted) {
    const undatedAfter = after?.createdAt === null ? after.dumpId : undefined;
    rows.push(...(await listUndated(db, filter, undatedAfter, wanted - rows.length)));
  }
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return {
    dumps: page.map(({ position: _, ...dump }) => dump),
    ...(last && rows.length > limit ? { cursor: encodeCursor({ createdAt: last.position, dumpId: last.dumpId }) } : {}),
  };
}

type Row = DumpRow & { position: string | null };

async function listDated(
  db: Queryable,
  filter: DumpFilter,
  after: Position | undefined,
  limit: number,
): Promise<Row[]> {
  const conditions = conditionsOf(filter);
  conditions.add(() => 'date_creation is not null');
  if (filter.since) conditions.add((since) => `date_creation >= ${since}::timestamp`, filter.since.toISOString());
  if (after) {
    conditions.add((at, id) => `(date_creation, dump_id) < (${at}::timestamp, ${id})`, after.createdAt, after.dumpId);
  }
  const clause = `${conditions.text()} order by date_creation desc, dump_id desc limit ${limit}`;
  return selectDumps<{ position: string }>(db, clause, conditions.params, POSITION).catch((error: unknown) => {
    // A date that has the form of one and is none, such as the 31st of June.
    throw after && sqlState(error)?.startsWith('22') ? badCursor(error) : error;
  });
}

/** None of them is ours: the column has a default. They are few, or at least they grow no more. */
async function listUndated(
  db: Queryable,
  filter: DumpFilter,
  after: number | undefined,
  limit: number,
): Promise<Row[]> {
  if (filter.since) return [];
  const conditions = conditionsOf(filter);
  conditions.add(() => 'date_creation is null');
  if (after !== undefined) conditions.add((id) => `dump_id < ${id}`, after);
  return selectDumps<{ position: null }>(
    db,
    `${conditions.text()} order by dump_id desc limit ${limit}`,
    conditions.params,
    POSITION,
  );
}

const POSITION = ['date_creation::text as position'];

function conditionsOf({ type, status, table }: DumpFilter) {
  const params: unknown[] = [];
  const conditions: string[] = [];
  const add = (condition: (...parameters: string[]) => string, ...values: readonly unknown[]) => {
    conditions.push(condition(...values.map((value) => `$${params.push(value)}`)));
  };
  if (type) add((value) => `type = ${value}`, type);
  if (status) add((value) => `statut = ${value}`, status);
  if (table !== undefined) add((value) => `table_cible = ${value}`, table);
  return { params, add, text: () => `where ${conditions.join(' and ')}` };
}
