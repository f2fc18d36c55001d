import { tryLockSession } from '../audit/locks.ts';
import { expectOwnJournal, mirrorAfterCommit, mirrorJournal } from '../audit/mirror-journal.ts';
import type { SourceDeps } from '../deps.ts';
import { AppError } from '../errors.ts';
import type { DatabaseTarget } from '../postgres/target.ts';
import { answerDecided } from './answer-decided.ts';
import { dropDatabases } from './drop-databases.ts';
import { findMissing } from './find-missing.ts';
import { findRejects } from './find-rejects.ts';
import { type Findings, MENDED, newFindings, type ReconcileResult } from './finding.ts';
import { reconcileDumps } from './reconcile-dumps.ts';
import { recordImports, recordUndoings } from './record-imports.ts';
import { removePayloads } from './remove-payloads.ts';

export interface ReconcileRequest {
  /** What is younger may still be somebody's work. */
  readonly olderThanMs: number;
  /** Whether it only tells what it would do. */
  readonly dryRun: boolean;
  /** Beside the sources, a server on which restores make databases. */
  readonly scratch?: DatabaseTarget | undefined;
  /** Who asks for it. */
  readonly user: string;
}

/** The bytes of a dump are never taken for a dead one's before. */
const DUMPS_OLDER_THAN_MS = 86_400_000;

/** What is younger may be read by a workflow that is still under way; none takes longer (workflows/). */
const WORKFLOWS_TAKE_MS = 7 * 86_400_000;

type ReconcileDeps = Omit<SourceDeps, 'toolSearch'>;

/**
 * Finds what killed processes left behind, and where storage and audit do not agree; mends it where that is safe.
 * Idempotent; a run that is killed is repeated by the next one. One at a time: `Transient` while another is under way.
 * Throws `Conflict`, before it touches anything, where the storage is another audit's; what fails for one thing is a
 * finding.
 */
export async function reconcile(deps: ReconcileDeps, request: ReconcileRequest): Promise<ReconcileResult> {
  const findings = newFindings(deps, request.dryRun);
  if (request.dryRun) {
    await expectOwnJournal(deps);
    await run(deps, findings, request);
    return findings.result();
  }
  return await deps.db.session(async (session) => {
    if (!(await tryLockSession(session, 'reconcile'))) {
      throw new AppError('Transient', 'another reconcile is under way: wait for its end');
    }
    // In a storage of another audit every dump would be one without a row.
    await mirrorJournal(deps);
    await run(deps, findings, request);
    const { mirrorError } = await mirrorAfterCommit(deps);
    if (mirrorError) {
      findings.warn(`the journal's mirror is behind, the next command catches up: ${String(mirrorError)}`);
    }
    return findings.result();
  });
}

async function run(deps: ReconcileDeps, findings: Findings, request: ReconcileRequest): Promise<void> {
  const { olderThanMs, scratch } = request;
  const ago = (ageMs: number) => new Date(deps.now().getTime() - ageMs);
  await endUploads(deps, findings, ago(olderThanMs));
  await reconcileDumps(deps, findings, ago(Math.max(olderThanMs, DUMPS_OLDER_THAN_MS)));
  await findMissing(deps, findings);
  // Before the rejects: of what a ledger alone knows, the audit is to know as well.
  await recordImports(deps, findings);
  await recordUndoings(deps, findings, request.user);
  await findRejects(deps, findings, ago(olderThanMs));
  await removePayloads(deps, findings, ago(Math.max(olderThanMs, WORKFLOWS_TAKE_MS)));
  await answerDecided(deps, findings);
  await dropDatabases(deps, findings, [...deps.sources.values(), ...(scratch ? [scratch] : [])]);
}

/** Their parts are no object, so that no dump is lost with them; a writer that is still at it fails with `Transient`. */
async function endUploads(
  { store, signal }: Pick<ReconcileDeps, 'store' | 'signal'>,
  findings: Findings,
  before: Date,
): Promise<void> {
  for await (const write of store.unfinished(before, { signal })) {
    await findings.mend(
      { kind: 'upload', name: write.key ?? write.id, since: write.begunAt },
      {
        async act() {
          await store.discardUnfinished(write, { signal });
          return MENDED;
        },
      },
    );
  }
}
