import { appendEvent, encodingError } from '../audit/append-event.ts';
import { expectNoStep } from '../audit/expect-no-step.ts';
import { readLastImport } from '../audit/foreign-writes.ts';
import { type GuardedStep, listRecentSteps, type StepDetail } from '../audit/guarded-step.ts';
import { holdTarget } from '../audit/hold-target.ts';
import { mirrorAfterCommit } from '../audit/mirror-journal.ts';
import type { SourceDeps } from '../deps.ts';
import { AppError } from '../errors.ts';
import type { Queryable } from '../postgres/database.ts';
import { quoteQualified } from '../postgres/quote.ts';
import type { RelationName } from '../postgres/source-tables.ts';
import { withFamily } from '../postgres/table-family.ts';
import { type DatabaseTarget, describeTarget } from '../postgres/target.ts';
import { sourceTarget } from '../source-target.ts';
import { endStep } from './end-step.ts';
import { executionOf } from './execution-of.ts';
import { expectRestorable } from './expect-restorable.ts';
import { holdUntil } from './hold-until.ts';
import type { StepRule, StepRules } from './step-rules.ts';

export interface StepRequest {
  /** The name of a step of the configuration. */
  readonly step: string;
  readonly user: string;
  /** When the execution was started. */
  readonly startedAt: Date;
}

/** What the workflow goes on by. */
export interface BegunStep
  extends Pick<StepDetail, 'calls' | 'source' | 'target' | 'timeoutSeconds' | 'approvalHours'> {
  readonly lease: number;
  /** As SQL writes them. */
  readonly tables: readonly string[];
  readonly until: string;
}

/**
 * Gives a step of the configuration its tables: from now until its TERMINE, or until a week is over, no governed import
 * and no restore into what is there writes to them. Begun while neither is under way, by the lock in the target's database
 * under which they ask for steps. Once for an execution, however often it is called; an earlier attempt of it that called
 * nothing makes way.
 *
 * Throws `InvalidInput` for a step that nobody has configured, with those there are, and for one whose tables could not be
 * restored, for something else hangs on them; `NotFound` for its source; `Transient`
 * where the lock takes long, or another's step has one of the tables; `Conflict` where this one has ended already.
 */
export async function beginStep(deps: SourceDeps, rules: StepRules, request: StepRequest): Promise<BegunStep> {
  const rule = ruleOf(rules, request.step);
  const execution = executionOf(deps);
  const target = sourceTarget(deps, rule.source);
  const begun = await holdTarget(deps, target, `datasens step ${request.step}, execution ${execution}`, (session) =>
    begin(deps, { rule, request, execution, target, session }),
  );
  const { mirrorError } = await mirrorAfterCommit(deps);
  if (mirrorError) deps.log(`the journal's mirror is behind, the next command catches up: ${String(mirrorError)}`);
  return begun;
}

interface Beginning {
  readonly rule: StepRule;
  readonly request: StepRequest;
  readonly execution: string;
  readonly target: DatabaseTarget;
  readonly session: Queryable;
}

async function begin(deps: SourceDeps, beginning: Beginning): Promise<BegunStep> {
  const { rule, request, execution, target, session } = beginning;
  const { step, user, startedAt } = request;
  const now = deps.now();
  const own = (await listRecentSteps(deps.db, now)).filter((other) => isAttemptOf(other, beginning));
  const before = own.find((other) => other.execution === execution);
  if (before?.ended) throw new AppError('Conflict', `the step of ${execution} has ended: ${before.ended.outcome}`);
  if (before) return begunStep(before);
  for (const other of own) {
    // A redrive begins anew only where nothing was called (workflows/guarded-step).
    if (other.owed === null) await endStep(deps, { lease: other.lease, outcome: 'not run', user });
  }
  await expectNoStep(deps, session, target, rule.tables);
  await expectRestorable(session, step, rule.tables);
  const family = await withFamily(session, rule.tables);
  const detail: StepDetail = {
    execution,
    startedAt: startedAt.toISOString(),
    step,
    ...rule,
    tables: [...rule.tables],
    family: family.filter((table) => !rule.tables.some((named) => isSame(named, table))).slice(0, MOST_FAMILY),
    target: describeTarget(target),
    lastImport: await readLastImport(session),
    until: holdUntil(now),
  };
  const { seq: lease } = await deps.db
    .transaction((tx) => appendEvent(tx, { event: 'COMMENCE', user, detail }))
    .catch((error: unknown) => {
      throw encodingError(error);
    });
  return begunStep({ ...detail, lease });
}

/** An event takes 64 KiB. Whoever asks for steps looks for the tables in the family of what is written, too. */
const MOST_FAMILY = 300;

function isAttemptOf(step: GuardedStep, { execution, request }: Beginning): boolean {
  const isSameName = step.execution.replace(/#\d+$/, '') === execution.replace(/#\d+$/, '');
  return isSameName && step.startedAt === request.startedAt.toISOString();
}

function begunStep(step: StepDetail & { readonly lease: number }): BegunStep {
  const { lease, calls, source, target, timeoutSeconds, approvalHours, until } = step;
  const tables = step.tables.map(({ schema, name }) => quoteQualified(schema, name));
  return { lease, calls, source, target, tables, timeoutSeconds, approvalHours, until };
}

function isSame(a: RelationName, b: RelationName): boolean {
  return a.schema === b.schema && a.name === b.name;
}

function ruleOf(rules: StepRules, step: string): StepRule {
  const rule = rules.get(step);
  if (rule) return rule;
  const known = rules.size > 0 ? `Known steps: ${[...rules.keys()].join(', ')}` : 'No step is configured';
  throw new AppError('InvalidInput', `there is no step ${JSON.stringify(step)}. ${known} (DATASENS_STEPS)`);
}
