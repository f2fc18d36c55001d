import { getHeapSpaceStatistics } from 'node:v8';
import { openDatabase } from '@datasens/core/postgres/pool.ts';
import type { DatabaseTarget } from '@datasens/core/postgres/target.ts';
import { rebuild } from '@datasens/core/rebuild/rebuild.ts';
import { openStore } from '@datasens/core/storage/open-store.ts';

export interface RebuildOnceRequest {
  /** A database that has just been migrated. */
  readonly audit: DatabaseTarget;
  readonly storage: string;
  readonly endpoint?: string;
}

export interface RebuildMeasure {
  readonly seconds: number;
  readonly cpuSeconds: number;
  /** Of the process before it begins. */
  readonly startRssMb: number;
  /** What V8 has for young objects at the end. */
  readonly youngMb: number;
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
const startRssMb = process.memoryUsage.rss() / 1e6;
const cpuBefore = process.cpuUsage();
const started = performance.now();
const { dumps, adopted } = await rebuild(deps, { dryRun: false, despiteDamage: false, user: 'bench' });
const seconds = (performance.now() - started) / 1_000;
const { user, system } = process.cpuUsage(cpuBefore);
const young = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space');
const measure: RebuildMeasure = {
  seconds,
  cpuSeconds: (user + system) / 1e6,
  startRssMb,
  youngMb: (young?.space_size ?? 0) / 1e6,
  peakRssMb: (process.resourceUsage().maxRSS * 1_024) / 1e6,
  dumps,
  adopted,
};
console.log(JSON.stringify(measure));
