import { expire } from '@datasens/core/expiry/expire.ts';
import { DEFAULT_POLICY } from '@datasens/core/expiry/retention-policy.ts';
import { openDatabase } from '@datasens/core/postgres/pool.ts';
import type { DatabaseTarget } from '@datasens/core/postgres/target.ts';
import { openStore } from '@datasens/core/storage/open-store.ts';

export interface ExpireOnceRequest {
  readonly audit: DatabaseTarget;
  readonly storage: string;
  readonly endpoint: string;
  /** ISO 8601. */
  readonly now: string;
  /** Of the one rule. */
  readonly keepWithinMs: number;
  readonly dryRun: boolean;
}

export interface ExpireMeasure {
  /** Of all of it. */
  readonly seconds: number;
  /** From the decision to delete a dump to its certificate, of all that were deleted. */
  readonly deletionSeconds: number;
  readonly cpuSeconds: number;
  readonly decided: number;
  readonly removed: number;
}

/** A process of its own: applies one rule, and prints what that cost as JSON. */
const { audit, storage, endpoint, now, keepWithinMs, dryRun }: ExpireOnceRequest = JSON.parse(process.argv[2] ?? '');
await using db = openDatabase(audit);
const deps = {
  db,
  store: await openStore(storage, { endpoint }),
  now: () => new Date(now),
  signal: new AbortController().signal,
  log: () => undefined,
};
const policy = { ...DEFAULT_POLICY, rules: [{ name: 'bench', match: {}, keepWithinMs }] };
const cpuBefore = process.cpuUsage();
const started = performance.now();
let decided = 0;
let before = started;
let deletionMs = 0;
const { actions, outcomes } = await expire(deps, {
  policy,
  dryRun,
  user: 'bench',
  onLine({ action }) {
    const at = performance.now();
    if (action === 'remove') deletionMs += at - before;
    before = at;
    decided += 1;
  },
});
const seconds = (performance.now() - started) / 1_000;
if (outcomes.done + outcomes.planned !== decided) throw new Error(`not all was done: ${JSON.stringify(outcomes)}`);
const { user, system } = process.cpuUsage(cpuBefore);
const measure: ExpireMeasure = {
  seconds,
  deletionSeconds: deletionMs / 1_000,
  cpuSeconds: (user + system) / 1e6,
  decided,
  removed: actions.remove,
};
console.log(JSON.stringify(measure));
