import type { ImportEntry } from '../audit/import-entry.ts';
import { auditImports } from '../audit/ledger.ts';
import { mirrorAfterCommit } from '../audit/mirror-journal.ts';
import type { DatabaseTarget } from '../postgres/target.ts';
import type { ImportDeps } from './import-request.ts';
import { openLoadSession } from './load-session.ts';

/** What an import that was killed after its commit has left to do. */
export async function catchUp(deps: ImportDeps, target: DatabaseTarget): Promise<void> {
  await using session = await openLoadSession(target, deps.signal);
  await auditImports(deps, session);
}

/** Brings audit and mirror to where the ledger is. It is committed: what fails is a warning, and fails nothing. */
export async function settleAudit(deps: ImportDeps, target: DatabaseTarget, entry: ImportEntry): Promise<string[]> {
  // Also when somebody has interrupted us meanwhile.
  const { signal } = new AbortController();
  const behind = (error: unknown) => `the journal's mirror is behind, the next command catches up: ${String(error)}`;
  try {
    if (entry.audited) {
      const { mirrorError } = await mirrorAfterCommit({ ...deps, signal });
      return mirrorError ? [behind(mirrorError)] : [];
    }
    await using session = await openLoadSession(target);
    const { mirrorError } = await auditImports({ ...deps, signal }, session);
    return mirrorError ? [behind(mirrorError)] : [];
  } catch (error) {
    return [
      `the rows are in, and the audit is behind: the next import into this database catches it up (${String(error)})`,
    ];
  }
}
