import { findDump } from '../audit/find-dump.ts';
import { AUDIT_TABLES, MIGRATION_TABLE } from '../audit/tables.ts';
import { lockTarget } from '../audit/target-lock.ts';
import { whileStored } from '../audit/while-stored.ts';
import { openDump } from '../catalog/open-dump.ts';
import { AppError } from '../errors.ts';
import { describeRestoreTarget } from '../postgres/restore-target.ts';
import { findRelationSet } from '../postgres/source-checks.ts';
import { type DatabaseTarget, describeTarget } from '../postgres/target.ts';
import { sourceTarget } from '../source-target.ts';
import { carryOut } from './carry-out.ts';
import { checkTerm } from './check-term.ts';
import { findRestored } from './find-restored.ts';
import { type RestoredFacts, recordRestored } from './journal-restore.ts';
import type { RestoreDeps } from './restore-deps.ts';
import type { RestorePlan } from './restore-plan.ts';

export interface RestoredDump extends RestoredFacts {
  /** `host:port/database`. */
  readonly target: string;
  readonly warnings: readonly string[];
}

/**
 * Carries out a plan that was made before. Called again by one execution of a workflow, also while it is under way, it
 * restores once and gives the same result. Throws `InvalidInput` where the dump was deleted since, `NotAllowed` where its
 * term has passed, `Conflict` where the target is not what it was, `Transient` where another restore holds it.
 */
export async function restoreDump(deps: RestoreDeps, plan: RestorePlan): Promise<RestoredDump> {
  const target = sourceTarget(deps, plan.into);
  return await whileStored(deps, plan.dumpId, async (session) => {
    const by = deps.execution === undefined ? '' : `, execution ${deps.execution}`;
    const holder = `datasens restore ${plan.dumpId}${by}`;
    // Before the question whether it was done, and until that is journalled: two calls at once are one after the other.
    await lockTarget(session, target, { holder, patienceMs: plan.lockTimeoutMs, signal: deps.signal });
    const before = await findRestored(deps, plan, target);
    if (before) {
      const { facts, journalled } = before;
      const warnings = [...plan.warnings, ...(await recordRestored(deps, plan, facts, journalled))];
      return { ...facts, target: describeTarget(target), warnings };
    }
    const dump = await findDump(deps.db, String(plan.dumpId));
    checkTerm(deps, dump, await openDump(deps, dump));
    await expectUnchanged(deps, plan, target);
    const { facts, warnings } = await carryOut(deps, plan);
    return { ...facts, target: describeTarget(target), warnings };
  });
}

/** What was decided of a database that is not there, or empty, or full, was decided of that. */
async function expectUnchanged({ signal }: RestoreDeps, { mode }: RestorePlan, target: DatabaseTarget): Promise<void> {
  const ignored = (db: Parameters<typeof findRelationSet>[0]) => findRelationSet(db, AUDIT_TABLES, MIGRATION_TABLE);
  const { exists, objects } = await describeRestoreTarget(target, ignored, signal);
  const now = !exists ? 'create' : objects.length === 0 ? 'fill' : 'in-place';
  if (now === mode) return;
  const words = { create: 'was not there', fill: 'was empty', 'in-place': 'was not empty' };
  throw new AppError(
    'Conflict',
    `${describeTarget(target)} ${words[mode]} when the restore was checked, and is another now: nothing was done. ` +
      `Start the restore again`,
  );
}
