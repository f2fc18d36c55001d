import type { Queryable } from '../postgres/database.ts';

/** The first half of our advisory lock keys: "dsns" in ASCII. The second half says what is locked. */
const DATASENS = 0x64_73_6e_73;
const OBJECTS = { migrate: 1, journal: 2, mirror: 3 } as const;

/** Waits for the lock and holds it until the session ends, however it ends. */
export async function lockSession(session: Queryable, object: keyof typeof OBJECTS): Promise<void> {
  await session.query('select pg_advisory_lock($1, $2)', [DATASENS, OBJECTS[object]]);
}

/** Waits for the lock and holds it until the transaction ends, however it ends. */
export async function lockTransaction(tx: Queryable, object: keyof typeof OBJECTS): Promise<void> {
  await tx.query('select pg_advisory_xact_lock($1, $2)', [DATASENS, OBJECTS[object]]);
}
