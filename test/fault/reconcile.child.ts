import { openDatabase } from '@datasens/core/postgres/pool.ts';
import { parseDatabaseUrl } from '@datasens/core/postgres/target.ts';
import { reconcile } from '@datasens/core/reconcile/reconcile.ts';
import { childStore } from '@datasens/testkit/child-store.ts';
import { faultyDatabase, faultyStore, killAt } from '@datasens/testkit/fault.ts';

/** The first argument, as JSON; the environment names the store. */
export interface ReconcileChildInput {
  readonly url: string;
  /** What it is told that it is, in milliseconds since 1970. */
  readonly nowMs: number;
  /** The step after which the process is killed. */
  readonly n: number;
}

const { url, nowMs, n }: ReconcileChildInput = JSON.parse(process.argv[2] ?? '{}');
const steps = killAt(n, 'after');
await using db = openDatabase(parseDatabaseUrl(url, 'child'));
const deps = {
  db: faultyDatabase(db, steps),
  store: faultyStore(await childStore(), steps),
  now: () => new Date(nowMs),
  signal: new AbortController().signal,
  log: () => undefined,
  sources: new Map(),
};
await reconcile(deps, { olderThanMs: 7 * 86_400_000, dryRun: false, user: 'child' });
