import { randomUUID } from 'node:crypto';
import { expectApproval } from '../approval/expect-approval.ts';
import type { StepBinding } from '../approval/step-binding.ts';
import { type CertainIntent, useApproval } from '../approval/use-approval.ts';
import { expectNoStep } from '../audit/expect-no-step.ts';
import type { Queryable } from '../postgres/database.ts';
import { quoteQualified } from '../postgres/quote.ts';
import { openSession } from '../postgres/session.ts';
import type { RelationName } from '../postgres/source-tables.ts';
import type { DatabaseTarget } from '../postgres/target.ts';
import { type ApprovalBinding, bindApproval } from './approval-binding.ts';
import type { RestoreDeps } from './restore-deps.ts';
import type { RestorePlan } from './restore-plan.ts';
import { bindDebt, expectAutomatic, findDebt, type StepDebt } from './step-debt.ts';

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
 * Expects the approval that the plan needs, before anything is touched, and that no guarded step has one of the tables but
 * the one that the restore undoes, by whose journal it may do so. Throws what `expectApproval`, `expectNoStep` and
 * `findDebt` throw, as do `enter` and `pass`, and `Transient` where somebody keeps one of the tables locked.
 */
export async function openGate(deps: RestoreDeps, plan: RestorePlan, target: DatabaseTarget): Promise<ApprovalGate> {
  const { user, approvalId, dumpId, relations, lockTimeoutMs } = plan;
  // That of an execution stays the same however often it is tried: see `useApproval`.
  const by = { user, execution: deps.execution, attempt: `restore of dump ${dumpId}, ${randomUUID()}` };

  async function expectApproved(session: Queryable) {
    const debt = await findDebt(deps, plan, target);
    await expectNoStep(deps, session, target, relations, { except: plan.lease });
    const binding = await bind(session, debt);
    if (!binding) return undefined;
    const { tables, ...bound } = binding;
    // The attempt that has asked for the undoing of a step is the one that it was given to.
    const intent: CertainIntent = { ...bound, ...by, ...(debt ? { execution: debt.owed.by } : {}) };
    const because = debt && `${debt.step.execution} has a step to undo, and not unasked`;
    const approval = await expectApproval(deps, { ...intent, tables, approvalId, because });
    return approval && { approvalId: approval.approvalId, intent };
  }

  async function bind(
    session: Queryable,
    debt: StepDebt | undefined,
  ): Promise<ApprovalBinding | StepBinding | undefined> {
    return debt ? await bindDebt(session, debt, plan) : await bindApproval(deps, session, plan, target);
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
      const debt = await findDebt(deps, plan, target);
      if (debt?.owed.automatic) await expectAutomatic(deps, tx, debt);
      if (await bind(tx, debt)) await lockRelations(tx, relations);
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
