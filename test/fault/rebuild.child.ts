import { openDatabase } from '@datasens/core/postgres/pool.ts';
import { parseDatabaseUrl } from '@datasens/core/postgres/target.ts';
import { rebuild } from '@datasens/core/rebuild/rebuild.ts';
import { childStore } from '@datasens/testkit/child-store.ts';
import { faultyDatabase, faultyStore, killAt } from '@datasens/testkit/fault.ts';

/** The first argument, as JSON; the environment names the store. */
export interface RebuildChildInput {
  readonly url: string;
  readonly despiteDamage: boolean;
  /** The step after which the process is killed. */
  readonly n: number;
}

const { url, despiteDamage, n }: RebuildChildInput = JSON.parse(process.argv[2] ?? '{}');
const steps = killAt(n, 'after');
await using db = openDatabase(parseDatabaseUrl(url, 'child'));
const deps = {
  db: faultyDatabase(db, steps),
  store: faultyStore(await childStore(), steps),
  now: () => new Date(),
  signal: new AbortController().signal,
  log: () => undefined,
};
await rebuild(deps, { dryRun: false, despiteDamage, user: 'paul' });
