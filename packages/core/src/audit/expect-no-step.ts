import type { Deps } from '../deps.ts';
import { AppError } from '../errors.ts';
import type { Queryable } from '../postgres/database.ts';
import { quoteQualified } from '../postgres/quote.ts';
import type { RelationName } from '../postgres/source-tables.ts';
import { withFamily } from '../postgres/table-family.ts';
import { type DatabaseTarget, describeTarget } from '../postgres/target.ts';
import { type GuardedStep, isUnderWay, listRecentSteps } from './guarded-step.ts';

/**
 * Expects that no guarded step has one of the tables to itself, nor what their rows lie in or belong to; `except` is the
 * step whose own doing it is. Whoever asks holds the lock `target` in the target's database until what it writes is
 * committed: a step begins while nobody has it, so that none begins in between. Throws `Transient`, which names the step.
 */
export async function expectNoStep(
  { db, now }: Pick<Deps, 'db' | 'now'>,
  session: Queryable,
  target: DatabaseTarget,
  tables: readonly RelationName[],
  { except }: { readonly except?: number | undefined } = {},
): Promise<void> {
  const here = describeTarget(target);
  const at = now();
  const steps = (await listRecentSteps(db, at)).filter(
    (step) => step.lease !== except && step.target === here && isUnderWay(step, at),
  );
  if (steps.length === 0) return;
  const written = new Set(tables.map(nameOf));
  const family = new Set((await withFamily(session, tables)).map(nameOf));
  for (const step of steps) {
    const held = heldAmong(step, written, family);
    if (held !== undefined) throw underWay(step, held);
  }
}

function nameOf({ schema, name }: RelationName): string {
  return quoteQualified(schema, name);
}

/** Of the family as it was when the step began, and as it is: the step may have altered it. */
function heldAmong(step: GuardedStep, written: ReadonlySet<string>, family: ReadonlySet<string>): string | undefined {
  const declared = step.tables.map(nameOf);
  return (
    declared.find((name) => family.has(name)) ??
    [...declared, ...step.family.map(nameOf)].find((name) => written.has(name))
  );
}

function underWay({ step, execution, until, target, owed }: GuardedStep, table: string): AppError {
  const doing = owed === null ? 'is under way' : 'has failed, and its tables are to be restored';
  return new AppError(
    'Transient',
    `${table} of ${target} belongs to the guarded step ${step} until ${until}: its execution ${execution} ${doing}. Wait ` +
      `for its end, then try again; datasens steps lists what is under way, and ends what nobody goes on with`,
    { step, execution, until },
  );
}
