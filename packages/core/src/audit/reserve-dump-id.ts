import type { Queryable } from '../postgres/database.ts';

/**
 * The id of a dump that is about to be staged: it stands in the manifest before the row exists. An id whose dump
 * fails is not used again.
 */
export async function reserveDumpId(db: Queryable): Promise<number> {
  const { rows } = await db.query<{ id: number }>(
    `select nextval(pg_get_serial_sequence('t38_dump_audit', 'dump_id')) as id`,
  );
  const [row] = rows;
  if (!row) throw new Error('nextval returned no row');
  return row.id;
}
