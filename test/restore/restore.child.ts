/** One restore in a process of its own. Arguments: a JSON object as below; the environment names the store. */
import { openDatabase } from '@datasens/core/postgres/pool.ts';
import { parseDatabaseUrl } from '@datasens/core/postgres/target.ts';
import type { RestoreRequest } from '@datasens/core/restore/restore-plan.ts';
import { runRestore } from '@datasens/core/restore/run-restore.ts';
import { childStore } from '@datasens/testkit/child-store.ts';

export interface RestoreChildInput {
  readonly targetUrl: string;
  readonly auditUrl: string;
  /** Into the source `target`. */
  readonly request: RestoreRequest;
}

const { targetUrl, auditUrl, request } = JSON.parse(process.argv[2] ?? '') as RestoreChildInput;
await using db = openDatabase(parseDatabaseUrl(auditUrl, 'audit'));
await runRestore(
  {
    db,
    store: await childStore(),
    now: () => new Date(),
    signal: new AbortController().signal,
    log: () => undefined,
    sources: new Map([['target', parseDatabaseUrl(targetUrl, 'target')]]),
    toolSearch: {},
  },
  request,
);
