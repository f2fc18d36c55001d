import { openDatabase } from '@datasens/core/postgres/pool.ts';
import type { DatabaseTarget } from '@datasens/core/postgres/target.ts';
import { rebuild } from '@datasens/core/rebuild/rebuild.ts';
import { openStore } from '@datasens/core/storage/open-store.ts';

export interface RebuildOnceRequest {
  /** A database that has just been migrated. */
  readonly audit: DatabaseTarget;
  readonly storage: string;
  readonly endpoint: string;
}

export interface RebuildMeasure {
  readonly seconds: number;
  readonly cpuSeconds: number;
  /** Of the process, from its start. */
  readonly peakRssMb: number;
  readonly dumps: number;
  /** Of them, those that the journal did not know. */
  readonly adopted: number;
}

/** A process of its own: rebuilds the audit from a bucket, and prints what that cost as JSON. */
const { audit, storage, endpoint }: RebuildOnceRequest = JSON.parse(process.argv[2] ?? '');
await using db = openDatabase(audit);
const store = await openStore(storage, { endpoint });
const { signal } = new AbortController();
const deps = { db, store, signal, now: () => new Date(), log: () => undefined };
const cpuBefore = process.cpuUsage();
const started = performance.now();
const { dumps, adopted } = await rebuild(deps, { dryRun: false, despiteDamage: false, user: 'bench' });
const seconds = (performance.now() - started) / 1_000;
const { user, system } = process.cpuUsage(cpuBefore);
const peakRssMb = (process.resourceUsage().maxRSS * 1_024) / 1e6;
const measure: RebuildMeasure = { seconds, cpuSeconds: (user + system) / 1e6, peakRssMb, dumps, adopted };
console.log(JSON.stringify(measure));
