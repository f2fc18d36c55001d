/**
 * The steps of a planned dump in a process of their own, which ends by SIGKILL after the effect of its `step`-th call
 * to storage or audit database. Arguments: a JSON object as below; the environment names the store. Prints its steps, a JSON list, when it gets through.
 */
import { commitDump } from '@datasens/core/dump/commit-dump.ts';
import type { DumpDeps } from '@datasens/core/dump/dump-deps.ts';
import type { DumpPlan } from '@datasens/core/dump/dump-plan.ts';
import { stageDump } from '@datasens/core/dump/stage-dump.ts';
import { verifyStaged } from '@datasens/core/dump/verify-staged.ts';
import { openDatabase } from '@datasens/core/postgres/pool.ts';
import { parseDatabaseUrl } from '@datasens/core/postgres/target.ts';
import { childStore } from '@datasens/testkit/child-store.ts';
import { faultyDatabase, faultyStore, killAt } from '@datasens/testkit/fault.ts';
import { gatedStore } from '@datasens/testkit/gated-store.ts';

export interface DumpChildInput {
  readonly sourceUrl: string;
  readonly auditUrl: string;
  readonly plan: DumpPlan;
  /** 0 for none of them. */
  readonly step: number;
  /** Stops in the middle of the data, after more than a part of an upload, says so, and waits for its end. */
  readonly hang?: boolean;
  /** Whom a sensitive plan is encrypted to. */
  readonly recipients?: readonly string[];
}

const input = JSON.parse(process.argv[2] ?? '') as DumpChildInput;
const steps = killAt(input.step, 'after');
const store = await childStore();
await using db = openDatabase(parseDatabaseUrl(input.auditUrl, 'audit'));
const deps: DumpDeps = {
  db: faultyDatabase(db, steps),
  store: input.hang ? gatedStore(store, /\/data\./, hang, { afterBytes: 17 << 20 }) : faultyStore(store, steps),
  now: () => new Date(),
  signal: new AbortController().signal,
  log: () => undefined,
  sources: new Map([['default', parseDatabaseUrl(input.sourceUrl, 'source')]]),
  toolSearch: {},
  encryption: { recipients: input.recipients ?? [], rules: new Map(), identities: async () => undefined },
};
await commitDump(deps, await verifyStaged(deps, await stageDump(deps, input.plan)));
process.stdout.write(`${JSON.stringify(steps.taken)}\n`);

async function hang(): Promise<never> {
  process.stdout.write('in the middle\n');
  setInterval(() => undefined, 60_000);
  return new Promise(() => undefined);
}
