import { migrateLedger } from '../audit/migrate.ts';
import { parseTableName } from '../postgres/select-tables.ts';
import type { DatabaseTarget } from '../postgres/target.ts';
import { sourceTarget } from '../source-target.ts';
import { importOnce } from './import-once.ts';
import type { ImportDeps, ImportRequest, ImportResult } from './import-request.ts';
import { resultOf } from './import-result.ts';
import { inspect } from './inspect.ts';
import { openLoadSession } from './load-session.ts';
import { refuseDoubts } from './plan-import.ts';
import type { Reading } from './reading.ts';
import { foreignError } from './record-refusal.ts';
import { catchUp, settleAudit } from './settle-audit.ts';

/**
 * Imports a file into a table: once per content and table, all of its rows or none. The rows and their line in the
 * ledger commit in one transaction, with the row in T38 and the event where the audit is in the same database; where it
 * is not, it follows from the ledger, at the latest with the next import into that database.
 *
 * Throws `InvalidInput` for a file or a table that does not do as it is told, `TooManyRejects` with the first of them,
 * `Conflict` (the file changed, `fail` and the table is there, `replace` would cascade), `Transient` naming who holds a
 * lock, `NotAllowed` for a protected table without a fitting approval, and what the reading throws. Whatever it throws, the table is as it was.
 */
export async function runImport(deps: ImportDeps, request: ImportRequest): Promise<ImportResult> {
  const started = performance.now();
  parseTableName(request.table);
  const target = await openTarget(deps, request.into);
  const inspection = await inspect(deps, request);
  refuseDoubts(inspection);
  return importReading(deps, { request, target, reading: inspection.reading, started });
}

/** The database to import into, with a ledger, and an audit that has caught up with it. */
export async function openTarget(deps: ImportDeps, into: string): Promise<DatabaseTarget> {
  const target = sourceTarget(deps, into);
  await migrateLedger(target, deps.log);
  await catchUp(deps, target);
  return target;
}

export interface ReadingToImport {
  readonly request: ImportRequest;
  readonly target: DatabaseTarget;
  readonly reading: Reading;
  /** By `performance.now()`. */
  readonly started: number;
}

/** Imports what is known how to read. Throws what `runImport` throws. */
export async function importReading(
  deps: ImportDeps,
  { request, target, reading, started }: ReadingToImport,
): Promise<ImportResult> {
  await using session = await openLoadSession(target, deps.signal);
  const attempt = { deps, request, reading, target, session, startedAt: deps.now() };
  const outcome = await importOnce(attempt).catch((error: unknown) => {
    throw foreignError(error, target);
  });
  const warnings = outcome.kind === 'done' ? await settleAudit(deps, target, outcome.entry) : [];
  return resultOf(outcome, {
    warnings: [...reading.warnings, ...warnings],
    durationMs: Math.round(performance.now() - started),
  });
}
