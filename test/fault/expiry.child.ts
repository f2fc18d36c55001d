import { expire } from '@datasens/core/expiry/expire.ts';
import type { RetentionPolicy } from '@datasens/core/expiry/retention-policy.ts';
import { openDatabase } from '@datasens/core/postgres/pool.ts';
import { parseDatabaseUrl } from '@datasens/core/postgres/target.ts';
import { childStore } from '@datasens/testkit/child-store.ts';
import { EXPIRY_NOW } from '@datasens/testkit/expiry-clock.ts';
import { faultyDatabase, faultyStore, killAt } from '@datasens/testkit/fault.ts';

/** The first argument, as JSON; the environment names the store. */
export interface ExpiryChildInput {
  readonly url: string;
  readonly policy: RetentionPolicy;
  /** The step after which the process is killed. */
  readonly n: number;
}

const { url, policy, n }: ExpiryChildInput = JSON.parse(process.argv[2] ?? '{}');
const steps = killAt(n, 'after');
await using db = openDatabase(parseDatabaseUrl(url, 'child'));
const deps = {
  db: faultyDatabase(db, steps),
  store: faultyStore(await childStore(), steps),
  now: () => EXPIRY_NOW,
  signal: new AbortController().signal,
  log: () => undefined,
};
await expire(deps, { policy, dryRun: false, user: 'paul' });
