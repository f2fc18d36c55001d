import { listUntoldCancellations, recordCancellations } from '../audit/cancellations.ts';
import { auditImports, countUnaudited } from '../audit/ledger.ts';
import type { SourceDeps } from '../deps.ts';
import { isAppError } from '../errors.ts';
import { AUDIT_SETTINGS } from '../postgres/pool.ts';
import { openSession } from '../postgres/session.ts';
import { type Findings, MENDED } from './finding.ts';

/** Records the imports that the ledgers of the sources have and the audit lacks: their processes were killed in between. */
export async function recordImports(
  deps: Pick<SourceDeps, 'db' | 'store' | 'signal' | 'sources'>,
  findings: Findings,
): Promise<void> {
  for (const [source, target] of deps.sources) {
    try {
      await using session = await openSession(target, {
        applicationName: 'datasens reconcile',
        settings: AUDIT_SETTINGS,
        signal: deps.signal,
      });
      const count = await countUnaudited(deps.db, session);
      if (!count) continue;
      await findings.mend(
        { kind: 'import', name: `${count} in the ledger of ${source}` },
        {
          act: async () => ((await auditImports(deps, session)).audited > 0 ? MENDED : undefined),
        },
      );
    } catch (error) {
      deps.signal.throwIfAborted();
      if (!isAppError(error)) throw error;
      findings.warn(`nobody looked into the ledger of ${source}: ${error.message}`);
    }
  }
}

/** Journals what a restore did to the audit's own ledger that was killed before it could say so. */
export async function recordUndoings(deps: Pick<SourceDeps, 'db'>, findings: Findings, user: string): Promise<void> {
  const { length } = await listUntoldCancellations(deps.db);
  if (length === 0) return;
  await findings.mend(
    { kind: 'undoing', name: `${length} in the ledger of the audit` },
    { act: async () => ((await recordCancellations(deps, user)) > 0 ? MENDED : undefined) },
  );
}
