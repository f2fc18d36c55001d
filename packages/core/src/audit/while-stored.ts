import type { Deps } from '../deps.ts';
import type { Queryable } from '../postgres/database.ts';
import { lockDumpShared } from './dump-lock.ts';

/**
 * Does `work` while nobody archives or deletes the dump's bytes: an expiry leaves it alone. Take it before the dump is
 * looked up, so that one that was deleted says so. A session of the audit database holds it for as long as it takes;
 * it may hold more for the work.
 */
export async function whileStored<T>(
  { db }: Pick<Deps, 'db'>,
  dumpId: number,
  work: (session: Queryable) => Promise<T>,
): Promise<T> {
  return await db.session(async (session) => {
    await lockDumpShared(session, dumpId);
    return await work(session);
  });
}
