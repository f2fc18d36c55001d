/** One restore in a process of its own. Arguments: a JSON object as below; the environment names the store. */
import { openDatabase } from '@datasens/core/postgres/pool.ts';
import { parseDatabaseUrl } from '@datasens/core/postgres/target.ts';
import type { RestoreDeps } from '@datasens/core/restore/restore-deps.ts';
import { restoreDump } from '@datasens/core/restore/restore-dump.ts';
import type { RestorePlan, RestoreRequest } from '@datasens/core/restore/restore-plan.ts';
import { runRestore } from '@datasens/core/restore/run-restore.ts';
import { childStore } from '@datasens/testkit/child-store.ts';

export interface RestoreChildInput {
  readonly targetUrl: string;
  readonly auditUrl: string;
  /** Into the source `target`. */
  readonly request: RestoreRequest;
  /** As a step of an execution, which was planned before. */
  readonly step?: { readonly execution: string; readonly plan: RestorePlan } | undefined;
}

const { targetUrl, auditUrl, request, step } = JSON.parse(process.argv[2] ?? '') as RestoreChildInput;
await using db = openDatabase(parseDatabaseUrl(auditUrl, 'audit'));
const deps: RestoreDeps = {
  db,
  store: await childStore(),
  now: () => new Date(),
  signal: new AbortController().signal,
  log: () => undefined,
  sources: new Map([['target', parseDatabaseUrl(targetUrl, 'target')]]),
  toolSearch: {},
};
if (step) await restoreDump({ ...deps, execution: step.execution }, step.plan);
else await runRestore(deps, request);
