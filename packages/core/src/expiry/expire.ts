import { tryLockSession } from '../audit/locks.ts';
import { mirrorAfterCommit, mirrorJournal } from '../audit/mirror-journal.ts';
import { listStandingDumps, type StandingRow } from '../audit/standing-dumps.ts';
import { listUnfinishedDeletions } from '../audit/unfinished-deletions.ts';
import { type DumpPlace, findPlace } from '../catalog/dump-place.ts';
import type { Deps } from '../deps.ts';
import { AppError, isAppError } from '../errors.ts';
import { archiveDump } from './archive-dump.ts';
import { deletionOf } from './deletion.ts';
import { finishDeletion } from './finish-deletion.ts';
import { listDueObjects, markObject, reasonsOf } from './loose-objects.ts';
import { markDump } from './mark-deletion.ts';
import { type Action, type Decision, expiryPlan, type StandingDump } from './plan.ts';
import type { RetentionPolicy } from './retention-policy.ts';

export interface ExpireRequest {
  readonly policy: RetentionPolicy;
  /** Whether it only tells what it would do. */
  readonly dryRun: boolean;
  /** Whose dumps alone are decided on, and nothing else is finished or deleted; all where absent. */
  readonly lineage?: Pick<DumpPlace, 'type' | 'source' | 'lineage'>;
  readonly user: string;
  /** Told of each dump, and of rejects and imported files that are due, as it is done with it. */
  readonly onLine?: (line: ExpiryLine) => void;
}

/**
 * - `planned` a dry run would do it
 * - `done`    it is kept, archived, or deleted and certified
 * - `reading` somebody restores or verifies it: the next expiry takes it
 * - `changed` it is no longer what the plan saw, or not what was recorded: it was left alone
 * - `locked`  a lock, or a missing right, keeps a version of it: what could be deleted is, and the next expiry tries again
 * - `failed`  the next expiry goes on where this one was
 */
export type Outcome = 'planned' | 'done' | 'reading' | 'changed' | 'locked' | 'failed';

export interface ExpiryLine {
  readonly dumpId: number | null;
  /** Of the data, or of the objects. */
  readonly key: string;
  readonly createdAt: string | null;
  readonly action: Action;
  readonly rule: string | null;
  readonly reasons: readonly string[];
  readonly outcome: Outcome;
  /** What is in the way. */
  readonly because?: string;
}

export interface ExpireResult {
  readonly actions: Readonly<Record<Action, number>>;
  readonly outcomes: Readonly<Record<Outcome, number>>;
  /** What a person is to know, or to do. */
  readonly warnings: readonly string[];
}

/** So many deletions that fail in a row are not those of single dumps. */
const MOST_FAILURES = 3;

/**
 * Applies the retention rules: finishes the deletions that an earlier run began, then decides on every dump, newest
 * first, and carries out each decision before the next, then deletes rejects and imported files whose term is over.
 * Idempotent; a run that is killed is finished by the next one. One at a time: `Transient` while another is under way.
 *
 * What fails for one dump is a line, and no reason to leave the others; three deletions in a row are thrown, and a journal
 * that cannot be mirrored in the beginning.
 */
export async function expire(deps: Deps, request: ExpireRequest): Promise<ExpireResult> {
  if (request.dryRun) return await run(deps, request);
  return await deps.db.session(async (session) => {
    if (!(await tryLockSession(session, 'expiry'))) {
      throw new AppError('Transient', 'another expiry is under way: wait for its end');
    }
    // A bucket that does not take the journal is to lose nothing.
    await mirrorJournal(deps);
    const result = await run(deps, request);
    const { mirrorError } = await mirrorAfterCommit(deps);
    if (!mirrorError) return result;
    const behind = `the journal's mirror is behind, the next command catches up: ${String(mirrorError)}`;
    return { ...result, warnings: [...result.warnings, behind] };
  });
}

async function run(deps: Deps, request: ExpireRequest): Promise<ExpireResult> {
  const { policy, dryRun, lineage } = request;
  const now = deps.now();
  const tally = newTally(deps, request);
  const begun = new Set<string>();
  for await (const mark of lineage ? [] : listUnfinishedDeletions(deps.db, deps.signal)) {
    const { outcome } = await tally.attempt(unfinishedLine(mark), dryRun, () => finish(deps, mark, request));
    if (outcome !== 'done') begun.add(String(mark.event.detail.prefix));
  }
  const plan = expiryPlan(policy, now);
  for await (const row of listStandingDumps(deps.db, deps.signal)) {
    const dump = standingDump(deps, row);
    if (lineage && !isOf(dump.place, lineage)) continue;
    const decision = plan.decide(dump);
    const { dumpId, key, createdAt } = row;
    const { action, rule = null, reasons } = decision;
    const line = { dumpId, key, createdAt, action, rule, reasons };
    await tally.attempt(line, dryRun, () => carryOut(deps, dump, { key, decision }, request));
  }
  for await (const object of lineage ? [] : listDueObjects(deps, policy, now)) {
    const { dumpId, key, what, since, prefix } = object;
    if (begun.has(prefix)) continue;
    const rule = what === 'rejects' ? 'rejected' : 'imported';
    const line = {
      dumpId,
      key,
      createdAt: since.toISOString(),
      action: 'expire',
      rule,
      reasons: reasonsOf(object),
    } as const;
    await tally.attempt(line, dryRun, async () => {
      const event = await markObject(deps, object, request.user);
      return await finish(deps, { event, intact: true }, request);
    });
  }
  return tally.result(plan.warnings());
}

function isOf(place: DumpPlace | undefined, { type, source, lineage }: NonNullable<ExpireRequest['lineage']>): boolean {
  return place?.type === type && place.source === source && place.lineage === lineage;
}

interface Ending {
  readonly outcome: Outcome;
  readonly because?: string;
}

const DONE: Ending = { outcome: 'done' };

async function carryOut(
  deps: Deps,
  { dumpId, place }: StandingDump,
  { key, decision }: { readonly key: string; readonly decision: Decision },
  { policy: { archiveClass: storageClass }, user }: ExpireRequest,
): Promise<Ending> {
  if (decision.action === 'keep' || place === undefined) return DONE;
  if (decision.action === 'archive') {
    return { outcome: await archiveDump(deps, { dumpId, key, storageClass, decision, user }) };
  }
  const marking = await markDump(deps, { dumpId, key, place, decision, user });
  if (marking.kind === 'marked') return await finish(deps, { event: marking.event, intact: true }, { user });
  return marking.kind === 'reading' ? { outcome: 'reading' } : { outcome: 'changed', because: marking.because };
}

async function finish(
  deps: Deps,
  mark: Parameters<typeof finishDeletion>[1],
  { user }: Pick<ExpireRequest, 'user'>,
): Promise<Ending> {
  const { locked } = await finishDeletion(deps, mark, user);
  return locked ? { outcome: 'locked', because: `${locked.key}: ${locked.because}` } : DONE;
}

type PlannedLine = Omit<ExpiryLine, 'outcome' | 'because'>;

function unfinishedLine(mark: Parameters<typeof finishDeletion>[1]): PlannedLine {
  const { dumpId, at, seq } = mark.event;
  try {
    const { key, why, rule, reasons } = deletionOf(mark);
    const action = why === 'term' ? 'expire' : 'remove';
    return { dumpId, key, createdAt: null, action, rule, reasons: [...reasons, `begun on ${at}`] };
  } catch (error) {
    if (!isAppError(error)) throw error;
    return { dumpId, key: `event ${seq}`, createdAt: null, action: 'remove', rule: null, reasons: [`begun on ${at}`] };
  }
}

function standingDump({ store }: Pick<Deps, 'store'>, row: StandingRow): StandingDump {
  const { dumpId, key, uri, createdAt, expiresAt, heldUntil, registered, proven, damaged } = row;
  const place = findPlace(key, dumpId);
  return {
    dumpId,
    // The same key may have been recorded in another storage.
    place: place && store.uriOf(key) === uri ? place : undefined,
    status: row.status ?? 'ACTIF',
    createdAt: new Date(createdAt),
    expiresAt: expiresAt === null ? null : new Date(expiresAt),
    registered,
    proven,
    damaged,
    heldUntil,
  };
}

/** Counts, tells, and decides whether a failure is one of many. */
function newTally({ signal }: Pick<Deps, 'signal'>, { onLine }: Pick<ExpireRequest, 'onLine'>) {
  const actions = { keep: 0, archive: 0, remove: 0, expire: 0 };
  const outcomes = { planned: 0, done: 0, reading: 0, changed: 0, locked: 0, failed: 0 };
  let failuresInARow = 0;

  const settled = async (action: Action, work: () => Promise<Ending>): Promise<Ending> => {
    try {
      const ending = await work();
      failuresInARow = 0;
      return ending;
    } catch (error) {
      signal.throwIfAborted();
      // A class that the store does not have keeps nothing from being deleted.
      if (action !== 'archive') failuresInARow += 1;
      if (!isAppError(error) || failuresInARow === MOST_FAILURES) throw error;
      return { outcome: 'failed', because: error.message };
    }
  };
  return {
    async attempt(line: PlannedLine, dryRun: boolean, work: () => Promise<Ending>): Promise<Ending> {
      const idle = line.action === 'keep' ? DONE : dryRun ? ({ outcome: 'planned' } as const) : undefined;
      const ending = idle ?? (await settled(line.action, work));
      actions[line.action] += 1;
      outcomes[ending.outcome] += 1;
      onLine?.({ ...line, ...ending });
      return ending;
    },
    result: (warnings: readonly string[]): ExpireResult => ({ actions, outcomes, warnings }),
  };
}
