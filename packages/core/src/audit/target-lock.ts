import { createHash } from 'node:crypto';
import type { Queryable } from '../postgres/database.ts';
import { type DatabaseTarget, describeTarget } from '../postgres/target.ts';
import { listHolders } from './locks.ts';
import { waitForLock } from './wait-for-lock.ts';

/** The first half of the keys of these locks: "dstg" in ASCII. The second half tells the databases apart. */
const CLASS = 0x64_73_74_67;

export interface TargetLock {
  /** Who takes it: others are told so. The server keeps 63 bytes of it. */
  readonly holder: string;
  readonly patienceMs: number;
  readonly signal: AbortSignal;
}

/**
 * Keeps other restores of this audit from the database, which may not be there yet, until the session ends: also after
 * the restore has let go of the lock in the database itself, while what it did is written down. Throws `Transient` with
 * who has it when that takes longer than the patience.
 */
export async function lockTarget(
  session: Queryable,
  target: DatabaseTarget,
  { holder, patienceMs, signal }: TargetLock,
): Promise<void> {
  const key = createHash('sha256').update(describeTarget(target)).digest().readUInt32BE() >>> 1;
  await session.query(`select pg_catalog.set_config('application_name', $1, false)`, [holder]);
  await waitForLock({
    async take() {
      const { rows } = await session.query<{ taken: boolean }>('select pg_try_advisory_lock($1, $2) as taken', [
        CLASS,
        key,
      ]);
      return rows[0]?.taken ?? false;
    },
    holders: () => listHolders(session, CLASS, key),
    patienceMs,
    signal,
    underWay: `another restore into ${describeTarget(target)} is under way`,
  });
}
