import { bindStep, type StepBinding } from '../approval/step-binding.ts';
import { listForeignWrites } from '../audit/foreign-writes.ts';
import { findStep, type GuardedStep, isUnderWay, type OwedDetail } from '../audit/guarded-step.ts';
import { AppError } from '../errors.ts';
import type { Queryable } from '../postgres/database.ts';
import { quoteQualified } from '../postgres/quote.ts';
import { parseTableName } from '../postgres/select-tables.ts';
import { type DatabaseTarget, describeTarget } from '../postgres/target.ts';
import type { RestoreDeps } from './restore-deps.ts';
import type { RestorePlan } from './restore-plan.ts';

/** The undoing of a guarded step that a restore is. */
export interface StepDebt {
  readonly step: GuardedStep;
  readonly owed: OwedDetail;
}

/**
 * The step that a restore undoes, by what the journal says of it: it has failed and has its tables still; the dump is the
 * one that was made before it, and goes back over the very tables, where they were. Undefined for a restore that undoes
 * none. Throws `NotAllowed` for one that only says so.
 */
export async function findDebt(
  { db, now }: RestoreDeps,
  plan: RestorePlan,
  target: DatabaseTarget,
): Promise<StepDebt | undefined> {
  const { lease, dumpId } = plan;
  if (lease === undefined) return undefined;
  const refused = (because: string) =>
    new AppError('NotAllowed', `this restore undoes no guarded step: ${because}`, { lease, dumpId });
  const step = await findStep(db, lease);
  if (!step) throw refused(`event ${lease} of the journal has begun none`);
  const { execution, owed, ended } = step;
  if (ended) throw refused(`that of ${execution} has ended: ${ended.outcome} by ${ended.user}`);
  if (!owed) throw refused(`that of ${execution} has not failed`);
  if (!isUnderWay(step, now())) throw refused(`that of ${execution} had its tables until ${step.until}: redrive it`);
  if (owed.dumpId !== dumpId) throw refused(`that of ${execution} is undone by dump ${owed.dumpId}, not by ${dumpId}`);
  if (step.target !== describeTarget(target)) throw refused(`that of ${execution} has tables of ${step.target}`);
  if (!isOverThem(step, plan)) throw refused(`that of ${execution} has other tables, which are restored in place`);
  return { step, owed };
}

function isOverThem(
  { tables }: GuardedStep,
  { mode, clean, intoSchema, tables: chosen, manifest }: RestorePlan,
): boolean {
  if (mode === 'create' || !clean || intoSchema !== null || chosen === null) return false;
  const declared = new Set(tables.map(({ schema, name }) => quoteQualified(schema, name)));
  const selected = new Set(chosen.selected.map(({ schema, name }) => quoteQualified(schema, name)));
  const dumped = (manifest.selection ?? []).map(parseTableName);
  return (
    [...selected].every((name) => declared.has(name)) &&
    dumped.every(({ schema = 'public', name }) => selected.has(quoteQualified(schema, name)))
  );
}

/**
 * Expects of an undoing that needs nobody's approval that it still needs none; call it under the lock `target` in the
 * target's database. Throws `NotAllowed`.
 */
export async function expectAutomatic({ db }: RestoreDeps, session: Queryable, { step }: StepDebt): Promise<void> {
  const writes = await listForeignWrites(db, session, step);
  if (writes.length === 0) return;
  throw new AppError(
    'NotAllowed',
    `the step of ${step.execution} is not to be undone unasked any more: ${writes.join('; ')}. Redrive it, which asks`,
    { writes },
  );
}

/** What an approval of the undoing is bound to; undefined where it needs none. */
export async function bindDebt(
  session: Queryable,
  { step, owed }: StepDebt,
  { manifest, lockTimeoutMs }: RestorePlan,
): Promise<StepBinding | undefined> {
  if (owed.automatic) return undefined;
  return await bindStep(session, step, { sha256: manifest.objects.data.sha256, patienceMs: lockTimeoutMs });
}
