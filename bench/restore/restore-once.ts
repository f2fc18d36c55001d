import { openDatabase } from '@datasens/core/postgres/pool.ts';
import type { DatabaseTarget } from '@datasens/core/postgres/target.ts';
import { planRestore } from '@datasens/core/restore/plan-restore.ts';
import type { RestoreDeps } from '@datasens/core/restore/restore-deps.ts';
import { restoreDump } from '@datasens/core/restore/restore-dump.ts';
import type { RestorePlan } from '@datasens/core/restore/restore-plan.ts';
import { fileStore } from '@datasens/core/storage/file.ts';

/** The audit database is migrated, and the dump is registered there. */
export interface RestoreOnceRequest {
  readonly audit: DatabaseTarget;
  readonly bucket: string;
  readonly dumpId: number;
  readonly target: DatabaseTarget;
  readonly jobs: number;
  /** Whether contents are compared, or row counts alone. */
  readonly prove: boolean;
  /** Whether what the target holds is replaced. */
  readonly inPlace: boolean;
}

export interface RestoreMeasure {
  readonly mode: RestorePlan['mode'];
  /** Every check beforehand, reading the dump back among them. */
  readonly planSeconds: number;
  /** From the plan to the commit, or the final name, without the comparison. */
  readonly restoreSeconds: number;
  /** The comparison with the proof: of contents, or of row counts. */
  readonly proofSeconds: number;
}

/** A process of its own: restores one dump, and prints what it cost as JSON. */
const { audit, bucket, dumpId, target, jobs, prove, inPlace }: RestoreOnceRequest = JSON.parse(process.argv[2] ?? '');
await using db = openDatabase(audit);
let proofBegan = Number.NaN;
let proofEnded = Number.NaN;
const deps: RestoreDeps = {
  db,
  store: fileStore(bucket),
  now: () => new Date(),
  signal: new AbortController().signal,
  log: console.error,
  sources: new Map([['target', target]]),
  toolSearch: {},
  onProgress({ phase }) {
    if (phase === 'prove') proofBegan = performance.now();
    if (phase === 'finish') proofEnded = performance.now();
  },
};

const started = performance.now();
const plan = await planRestore(deps, {
  dump: String(dumpId),
  into: 'target',
  inPlace,
  clean: inPlace,
  jobs,
  prove,
  user: 'bench',
});
const planned = performance.now();
const { compared } = await restoreDump(deps, plan);
const restored = performance.now();

if (compared.level !== (prove ? 'content' : 'counts')) throw new Error(`compared ${compared.level}`);
const measure: RestoreMeasure = {
  mode: plan.mode,
  planSeconds: (planned - started) / 1_000,
  restoreSeconds: (restored - planned - (proofEnded - proofBegan)) / 1_000,
  proofSeconds: (proofEnded - proofBegan) / 1_000,
};
console.log(JSON.stringify(measure));
