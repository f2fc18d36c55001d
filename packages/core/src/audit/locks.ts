import { BACKEND_TEXT } from '../postgres/backend-text.ts';
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

/** Who has the lock, for people; in the same database. */
export async function listLockHolders(db: Queryable, object: keyof typeof OBJECTS): Promise<string[]> {
  return await listHolders(db, ADVISORY_CLASS, OBJECTS[object]);
}

/** Who has the lock of a pair of keys. */
export async function listHolders(db: Queryable, first: number, second: number): Promise<string[]> {
  const { rows } = await db.query<{ holder: string }>(
    `select ${BACKEND_TEXT} as holder
       from pg_catalog.pg_locks l join pg_catalog.pg_stat_activity a using (pid)
      where l.locktype = 'advisory' and l.granted and l.objsubid = 2 and l.classid = $1::int8::oid
        and l.objid = $2::int8::oid and a.datname = current_database() and a.pid <> pg_backend_pid()
      order by a.pid`,
    [first, second],
  );
  return rows.map(({ holder }) => holder);
}
