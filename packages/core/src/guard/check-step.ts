import type { ApprovalRequest } from '../approval/request-approval.ts';
import { bindStep, type StepBinding } from '../approval/step-binding.ts';
import { appendEvent } from '../audit/append-event.ts';
import { expectNoStep } from '../audit/expect-no-step.ts';
import { findCreation } from '../audit/find-creation.ts';
import { findDump } from '../audit/find-dump.ts';
import { listForeignWrites } from '../audit/foreign-writes.ts';
import { findStep, type GuardedStep, isUnderWay, type OwedDetail } from '../audit/guarded-step.ts';
import { holdTarget } from '../audit/hold-target.ts';
import { mirrorAfterCommit } from '../audit/mirror-journal.ts';
import type { Manifest } from '../catalog/manifest.ts';
import { openDump } from '../catalog/open-dump.ts';
import type { SourceDeps } from '../deps.ts';
import { AppError } from '../errors.ts';
import type { Queryable } from '../postgres/database.ts';
import { quoteQualified } from '../postgres/quote.ts';
import { parseTableName } from '../postgres/select-tables.ts';
import { sourceTarget } from '../source-target.ts';
import { executionOf } from './execution-of.ts';
import { holdUntil } from './hold-until.ts';

export interface FailedStep {
  readonly lease: number;
  /** The dump that was made before the step. */
  readonly dumpId: number;
  readonly user: string;
  /** The name of its error. */
  readonly error: string;
  /** Whether it is known that it does nothing any more. */
  readonly over: boolean;
}

export interface CheckedStep {
  /** `none` where a person has ended its hold on the tables: then they are that person's to look after. */
  readonly rollBack: 'automatic' | 'approval' | 'none';
  /** Why not automatic, or why not at all. */
  readonly because: readonly string[];
  /** What is to be asked of another person before. */
  readonly approval: Asked | null;
}

type Asked = Pick<ApprovalRequest, 'kind' | 'target' | 'sha256' | 'fingerprint' | 'rows' | 'columns' | 'changes'>;

/** For whoever alters one of the tables. */
const PATIENCE_MS = 30_000;

/**
 * Decides how the tables of a step that has failed are restored, and journals that they are to be: ECHOUE, by which a
 * restore knows what it may do. Automatically only where the step began as `exclusive`, is over, has had its tables to
 * itself ever since, and no governed write to them is known. From then on it has them for a week again.
 *
 * Throws `NotFound` for a step that never began, `Conflict` for a dump that is not the one that was made before it,
 * `Transient` where another's step has one of the tables by now, and what `openDump` throws.
 */
export async function checkStep(deps: SourceDeps, failed: FailedStep): Promise<CheckedStep> {
  const { lease, dumpId } = failed;
  const step = await findStep(deps.db, lease);
  if (!step) throw new AppError('NotFound', `event ${lease} of the journal has begun no guarded step`, { lease });
  if (step.ended) return { rollBack: 'none', because: [endOf(step)], approval: null };
  const { manifest } = await openDump(deps, await findDump(deps.db, String(dumpId)));
  await expectOwnDump(deps, step, manifest);
  const target = sourceTarget(deps, step.source);
  const checked = await holdTarget(deps, target, `datasens step ${step.step}, execution ${step.execution}`, (session) =>
    decide(deps, { step, failed, manifest, session }),
  );
  const { mirrorError } = await mirrorAfterCommit(deps);
  if (mirrorError) deps.log(`the journal's mirror is behind, the next command catches up: ${String(mirrorError)}`);
  return checked;
}

interface Deciding {
  readonly step: GuardedStep;
  readonly failed: FailedStep;
  readonly manifest: Manifest;
  readonly session: Queryable;
}

async function decide(deps: SourceDeps, deciding: Deciding): Promise<CheckedStep> {
  const { step, failed, manifest, session } = deciding;
  const { lease, target, tables } = step;
  await expectNoStep(deps, session, sourceTarget(deps, step.source), tables, { except: lease });
  const now = deps.now();
  const because = [
    ...(step.exclusive ? [] : ['its configuration does not say that nobody else writes to its tables (exclusive)']),
    ...(isUnderWay(step, now) ? [] : [`it has had its tables to itself until ${step.until} alone`]),
    ...(failed.over ? [] : [`whether it is over is not known: ${failed.error}`]),
    ...(await listForeignWrites(deps.db, session, step)),
  ];
  const automatic = because.length === 0;
  const by = executionOf(deps);
  const detail: OwedDetail = { lease, by, target, error: failed.error, automatic, because, until: holdUntil(now) };
  const binding = await bindStep(session, step, { sha256: manifest.objects.data.sha256, patienceMs: PATIENCE_MS });
  const { user, dumpId } = failed;
  await deps.db.transaction((tx) => appendEvent(tx, { event: 'ECHOUE', dumpId, user, detail }));
  if (automatic) return { rollBack: 'automatic', because, approval: null };
  return { rollBack: 'approval', because, approval: askedOf(deciding, binding, because) };
}

/** Throws `Conflict` for a dump that is not the one which the workflow has made of these tables after the step began. */
async function expectOwnDump({ db }: SourceDeps, step: GuardedStep, manifest: Manifest): Promise<void> {
  const { dumpId, purpose, source, selection } = manifest;
  const declared = new Set(step.tables.map(({ schema, name }) => quoteQualified(schema, name)));
  const isOfThese = selection?.every((table) => declared.has(qualified(table))) ?? false;
  const creation = await findCreation(db, dumpId);
  const isSince = (creation?.seq ?? 0) > step.lease;
  if (purpose === 'guarded' && source === step.source && isOfThese && isSince) return;
  throw new AppError('Conflict', `dump ${dumpId} is not the one that was made before the step of ${step.execution}`, {
    dumpId,
  });
}

function qualified(display: string): string {
  const { schema = 'public', name } = parseTableName(display);
  return quoteQualified(schema, name);
}

function endOf({ execution, ended }: GuardedStep): string {
  const { outcome = '', user = null, comment = '' } = ended ?? {};
  return `${execution} has its tables no more: ${outcome} by ${user}${comment === '' ? '' : ` (${comment})`}`;
}

function askedOf({ step, manifest }: Deciding, binding: StepBinding, because: readonly string[]): Asked {
  const { kind, target, sha256, fingerprint } = binding;
  const { dumpId, rows } = manifest;
  const replaced = step.tables.map(({ schema, name }) => `${quoteQualified(schema, name)} is replaced`);
  return {
    kind,
    target,
    sha256,
    fingerprint,
    rows,
    columns: null,
    changes: {
      doing: `undoing of the step ${step.step} by dump ${dumpId}`,
      schema: [...because.map((reason) => `not automatic: ${reason}`), ...replaced],
      rowsBefore: null,
      rowsAfter: rows,
    },
  };
}
