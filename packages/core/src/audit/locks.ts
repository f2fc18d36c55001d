import type { Queryable } from '../postgres/database.ts';

/** The first half of our advisory lock keys: "dsns" in ASCII. The second half says what is locked. */
export const ADVISORY_CLASS = 0x64_73_6e_73;
/** `target`: a database that is being restored into. Other numbers are tags of temporary databases. */
const OBJECTS = { migrate: 1, journal: 2, mirror: 3, target: 4, expiry: 5, reconcile: 6 } as const;

/** Waits for the lock and holds it until the session ends, however it ends. */
export async function lockSession(session: Queryable, object: keyof typeof OBJECTS): Promise<void> {
  await session.query('select pg_advisory_lock($1, $2)', [ADVISORY_CLASS, OBJECTS[object]]);
}

/** Takes the lock until the session ends, unless somebody else has it. */
export async function tryLockSession(session: Queryable, object: keyof typeof OBJECTS): Promise<boolean> {
  const { rows } = await session.query<{ taken: boolean }>('select pg_try_advisory_lock($1, $2) as taken', [
    ADVISORY_CLASS,
    OBJECTS[object],
  ]);
  return rows[0]?.taken ?? false;
}

/** Waits for the lock and holds it until the transaction ends, however it ends. */
export async function lockTransaction(tx: Queryable, object: keyof typeof OBJECTS): Promise<void> {
  await tx.query('select pg_advisory_xact_lock($1, $2)', [ADVISORY_CLASS, OBJECTS[object]]);
}

/** Takes the lock until the transaction ends, unless somebody else has it. */
export async function tryLockTransaction(tx: Queryable, object: keyof typeof OBJECTS): Promise<boolean> {
  const { rows } = await tx.query<{ taken: boolean }>('select pg_try_advisory_xact_lock($1, $2) as taken', [
    ADVISORY_CLASS,
    OBJECTS[object],
  ]);
  return rows[0]?.taken ?? false;
}

/** The same, beside others that share it. */
export async function tryLockTransactionShared(tx: Queryable, object: keyof typeof OBJECTS): Promise<boolean> {
  const { rows } = await tx.query<{ taken: boolean }>('select pg_try_advisory_xact_lock_shared($1, $2) as taken', [
    ADVISORY_CLASS,
    OBJECTS[object],
  ]);
  return rows[0]?.taken ?? false;
}
