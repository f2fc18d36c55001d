import type { Deps } from '../deps.ts';
import type { Queryable } from '../postgres/database.ts';
import { openSession } from '../postgres/session.ts';
import { type DatabaseTarget, describeTarget } from '../postgres/target.ts';
import { listLockHolders, tryLockSession } from './locks.ts';
import { waitForLock } from './wait-for-lock.ts';

/** For imports and restores that are about to end; whoever calls tries again for the others. */
const PATIENCE_MS = 30_000;

/**
 * Does `work` while no governed import into the database is under way, and no restore into what is there, whoever's audit
 * they belong to. Throws `Transient`, naming who is, where that takes long.
 */
export async function holdTarget<T>(
  { signal }: Pick<Deps, 'signal'>,
  target: DatabaseTarget,
  holder: string,
  work: (session: Queryable) => Promise<T>,
): Promise<T> {
  await using session = await openSession(target, { applicationName: holder, signal });
  await waitForLock({
    take: () => tryLockSession(session, 'target'),
    holders: () => listLockHolders(session, 'target'),
    patienceMs: PATIENCE_MS,
    signal,
    underWay: `an import or a restore into ${describeTarget(target)} is under way`,
  });
  return await work(session);
}
