import { AppError } from '../errors.ts';
import type { Queryable } from '../postgres/database.ts';

/** As much as S3 allows between its clock and ours. */
const MOST_APART_MS = 15 * 60_000;

/**
 * Expects this machine's clock to agree with that of the audit database: with one that is a year ahead, every legal term
 * would be over. Throws `ConfigError`.
 */
export async function expectClock(db: Queryable, now: Date): Promise<void> {
  const { rows } = await db.query<{ at: string }>('select clock_timestamp()::timestamp as at');
  const at = new Date(rows[0]?.at ?? now);
  if (Math.abs(at.getTime() - now.getTime()) <= MOST_APART_MS) return;
  throw new AppError(
    'ConfigError',
    `this machine says that it is ${now.toISOString()}, and the audit database ${at.toISOString()}: set the clock that is wrong before anything is deleted by it`,
  );
}
