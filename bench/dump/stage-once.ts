import type { DumpDeps } from '@datasens/core/dump/dump-deps.ts';
import type { DumpRequest } from '@datasens/core/dump/dump-plan.ts';
import { planDump } from '@datasens/core/dump/plan-dump.ts';
import { stageDump } from '@datasens/core/dump/stage-dump.ts';
import { verifyStaged } from '@datasens/core/dump/verify-staged.ts';
import { openDatabase } from '@datasens/core/postgres/pool.ts';
import type { DatabaseTarget } from '@datasens/core/postgres/target.ts';
import { openStore } from '@datasens/core/storage/open-store.ts';
import { testKeys } from '@datasens/testkit/test-keys.ts';

/** The audit database is migrated. */
export interface StageRequest {
  readonly target: DatabaseTarget;
  readonly audit: DatabaseTarget;
  /** `file:///dir`, or `s3://bucket/prefix` with the server's endpoint. */
  readonly storage: string;
  readonly endpoint?: string;
  readonly proof: DumpRequest['proof'];
  /** Whether it is encrypted, to a key that is made for it. */
  readonly sensitive?: boolean;
  /** Where the client tools are, if not where they are by default. */
  readonly binDir?: string;
}

export interface StageMeasure {
  readonly stageSeconds: number;
  readonly verifySeconds: number;
  readonly bytes: number;
  readonly rows: number | null;
}

/** A process of its own: stages and verifies one dump, and prints what it cost as JSON. */
const {
  target,
  audit,
  storage,
  endpoint,
  proof,
  sensitive = false,
  binDir,
}: StageRequest = JSON.parse(process.argv[2] ?? '');
const keys = await testKeys();
await using db = openDatabase(audit);
const deps: DumpDeps = {
  db,
  store: await openStore(storage, endpoint ? { endpoint } : {}),
  now: () => new Date(),
  signal: new AbortController().signal,
  log: () => undefined,
  sources: new Map([['default', target]]),
  toolSearch: { binDir },
  encryption: keys.dumping(),
};
const plan = await planDump(deps, { proof, sensitive, user: 'bench' });

const started = performance.now();
const staged = await stageDump(deps, plan);
const stageDone = performance.now();
await verifyStaged(deps, staged);
const verifyDone = performance.now();

const measure: StageMeasure = {
  stageSeconds: (stageDone - started) / 1_000,
  verifySeconds: (verifyDone - stageDone) / 1_000,
  bytes: staged.manifest.objects.data.sizeBytes,
  rows: staged.manifest.rows,
};
console.log(JSON.stringify(measure));
