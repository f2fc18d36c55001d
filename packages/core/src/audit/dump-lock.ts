import { AppError } from '../errors.ts';
import type { Queryable } from '../postgres/database.ts';
import { sqlState } from '../postgres/server-error.ts';

/**
 * The advisory lock of one dump's stored bytes: those who read them for long share it, who moves or deletes them has it
 * alone. A key of 64 bits, "dsdp" in ASCII and the dump_id, which the pairs of `locks.ts` never meet.
 */
const KEY = `(${0x64_73_64_70}::bigint << 32) | ($1::bigint & 4294967295)`;

const LOCK_NOT_AVAILABLE = '55P03';

/**
 * Waits for whoever moves or deletes the dump, and shares the lock until the session ends. The row is to be read
 * afterwards: a dump that was deleted meanwhile says so. Throws `Transient` where it takes too long.
 */
export async function lockDumpShared(session: Queryable, dumpId: number): Promise<void> {
  try {
    await session.query(`select pg_advisory_lock_shared(${KEY})`, [dumpId]);
  } catch (error) {
    if (sqlState(error) !== LOCK_NOT_AVAILABLE) throw error;
    throw new AppError('Transient', `dump ${dumpId} is being archived or deleted: try again later`, { cause: error });
  }
}

/** Takes the lock until the session ends, unless the dump is being read or moved. */
export async function tryLockDump(session: Queryable, dumpId: number): Promise<boolean> {
  const { rows } = await session.query<{ taken: boolean }>(`select pg_try_advisory_lock(${KEY}) as taken`, [dumpId]);
  return rows[0]?.taken ?? false;
}

/** The same, until the transaction ends. */
export async function tryLockDumpInTransaction(tx: Queryable, dumpId: number): Promise<boolean> {
  const { rows } = await tx.query<{ taken: boolean }>(`select pg_try_advisory_xact_lock(${KEY}) as taken`, [dumpId]);
  return rows[0]?.taken ?? false;
}
