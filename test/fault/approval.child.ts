import { decideApproval } from '@datasens/core/approval/decide-approval.ts';
import { openDatabase } from '@datasens/core/postgres/pool.ts';
import { parseDatabaseUrl } from '@datasens/core/postgres/target.ts';
import { childStore } from '@datasens/testkit/child-store.ts';
import { faultyDatabase, faultyStore, killAt } from '@datasens/testkit/fault.ts';

/** The first argument, as JSON; the environment names the store, and the host of the state machines. */
export interface ApprovalInput {
  readonly url: string;
  readonly approvalId: number;
  /** The step at which the process is killed. */
  readonly n: number;
  readonly when: 'before' | 'after';
}

const { url, approvalId, n, when }: ApprovalInput = JSON.parse(process.argv[2] ?? '{}');
const steps = killAt(n, when);
await using db = openDatabase(parseDatabaseUrl(url, 'child'));
const deps = {
  db: faultyDatabase(db, steps),
  store: faultyStore(await childStore(), steps),
  signal: new AbortController().signal,
  now: () => new Date(),
};
await decideApproval(deps, { approvalId, decision: 'approved', user: 'claire' });
