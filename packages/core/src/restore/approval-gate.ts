import { randomUUID } from 'node:crypto';
import { expectApproval } from '../approval/expect-approval.ts';
import { type CertainIntent, useApproval } from '../approval/use-approval.ts';
import type { Queryable } from '../postgres/database.ts';
import { quoteQualified } from '../postgres/quote.ts';
import { openSession } from '../postgres/session.ts';
import type { RelationName } from '../postgres/source-tables.ts';
import type { DatabaseTarget } from '../postgres/target.ts';
import { bindApproval } from './approval-binding.ts';
import type { RestoreDeps } from './restore-deps.ts';
import type { RestorePlan } from './restore-plan.ts';

/** What a restore into a database that is there passes, whichever way it was called. */
export interface ApprovalGate {
  /**
   * In the transaction of the restore, before it changes anything: what it replaces is locked, and nobody alters that any
   * more, and the approval looked at once more.
   */
  enter(tx: Queryable): Promise<void>;
  /** Uses the approval, when nothing is left but to commit. */
  pass(): Promise<void>;
}

/**
 * Expects the approval that the plan needs, before anything is touched. Throws what `expectApproval` throws, as do `enter`
 * and `pass`, and `Transient` where somebody keeps one of the tables locked.
 */
export async function openGate(deps: RestoreDeps, plan: RestorePlan, target: DatabaseTarget): Promise<ApprovalGate> {
  const { user, approvalId, dumpId, relations, lockTimeoutMs } = plan;
  // That of an execution stays the same however often it is tried: see `useApproval`.
  const by = { user, execution: deps.execution, attempt: `restore of dump ${dumpId}, ${randomUUID()}` };

  async function expectApproved(session: Queryable) {
    const binding = await bindApproval(deps, session, plan, target);
    if (!binding) return undefined;
    const { tables, ...bound } = binding;
    const intent: CertainIntent = { ...bound, ...by };
    const approval = await expectApproval(deps, { ...intent, tables, approvalId });
    return approval && { approvalId: approval.approvalId, intent };
  }

  {
    // To print an expression the server locks its table.
    const settings = { lock_timeout: String(lockTimeoutMs) };
    await using session = await openSession(target, {
      applicationName: 'datasens preflight',
      settings,
      signal: deps.signal,
    });
    await expectApproved(session);
  }
  let approved: Awaited<ReturnType<typeof expectApproved>>;
  return {
    async enter(tx) {
      if ((await bindApproval(deps, tx, plan, target)) === undefined) return;
      await lockRelations(tx, relations);
      approved = await expectApproved(tx);
    },
    async pass() {
      if (approved) await useApproval(deps, approved.approvalId, approved.intent);
    },
  };
}

/** As their drop will: so that they are what the approval was given for until then. */
async function lockRelations(tx: Queryable, relations: readonly RelationName[]): Promise<void> {
  const { rows } = await tx.query<RelationName>(
    `select n.nspname::text as schema, c.relname::text as name
       from (select distinct schema, name from unnest($1::text[], $2::text[]) as t(schema, name)) as given
       join pg_catalog.pg_namespace n on n.nspname = given.schema
       join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = given.name and c.relkind in ('r', 'p')
      order by 1, 2`,
    [relations.map(({ schema }) => schema), relations.map(({ name }) => name)],
  );
  if (rows.length === 0) return;
  const names = rows.map(({ schema, name }) => quoteQualified(schema, name));
  await tx.query(`lock table ${names.join(', ')} in access exclusive mode`);
}
