import { AppError } from '../errors.ts';
import type { Queryable } from '../postgres/database.ts';

const SEQUENCE = `pg_get_serial_sequence('t38_dump_audit', 'dump_id')`;

/** How many ids one statement draws. */
const DRAWN_AT_ONCE = 100_000;

/**
 * The id of a dump that is about to be staged: it stands in the manifest before the row exists. An id whose dump
 * fails is not used again.
 */
export async function reserveDumpId(db: Queryable): Promise<number> {
  const { rows } = await db.query<{ id: number }>(`select nextval(${SEQUENCE}) as id`);
  const [row] = rows;
  if (!row) throw new Error('nextval returned no row');
  return row.id;
}

/**
 * Makes sure that `reserveDumpId` never hands out `dumpId`, nor any id before it: for a dump that was made under another
 * database than this one. Throws `InvalidInput` for an id that the table does not take.
 */
export async function passDumpId(db: Queryable, dumpId: number, signal: AbortSignal): Promise<void> {
  for (;;) {
    signal.throwIfAborted();
    const { rows } = await db.query<{ last: number; most: number }>(
      `select coalesce(pg_sequence_last_value(seqrelid), 0) as last, seqmax as most
         from pg_sequence where seqrelid = ${SEQUENCE}::regclass`,
    );
    const [{ last, most } = { last: 0, most: 0 }] = rows;
    if (last >= dumpId) return;
    if (dumpId > most) throw new AppError('InvalidInput', `t38_dump_audit takes no dump_id above ${most}`, { dumpId });
    // Drawn, as dumps draw theirs: setval, beside one that draws, could take the sequence back.
    await db.query(`select count(nextval(${SEQUENCE})) from generate_series(1, $1::int)`, [
      Math.min(dumpId - last, DRAWN_AT_ONCE),
    ]);
  }
}
