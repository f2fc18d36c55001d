import { entryTime, type ImportEntry } from '../audit/import-entry.ts';
import {
  auditImports,
  cancelImportsOf,
  enterImport,
  findSimilarImports,
  lockImports,
  readJournalId,
  reserveImport,
} from '../audit/ledger.ts';
import { migrateLedger } from '../audit/migrate.ts';
import { mirrorAfterCommit } from '../audit/mirror-journal.ts';
import { recordEvent } from '../audit/record-event.ts';
import { recordFailure } from '../audit/record-failure.ts';
import { reserveDumpId } from '../audit/reserve-dump-id.ts';
import { AUDIT_TABLES } from '../audit/tables.ts';
import { AppError, isAppError } from '../errors.ts';
import { commitSurely } from '../postgres/commit-surely.ts';
import { isSameDatabase } from '../postgres/database-identity.ts';
import { findLoadTable, placeOf } from '../postgres/load-table.ts';
import { lockTable, type TableLock } from '../postgres/lock-table.ts';
import { quoteQualified } from '../postgres/quote.ts';
import { parseTableName } from '../postgres/select-tables.ts';
import { sqlState } from '../postgres/server-error.ts';
import { openSession, type Session } from '../postgres/session.ts';
import type { RelationName } from '../postgres/source-tables.ts';
import { type DatabaseTarget, describeTarget } from '../postgres/target.ts';
import { sourceTarget } from '../source-target.ts';
import type { ImportDeps, ImportRequest, ImportResult } from './import-request.ts';
import { type Inspection, inspect } from './inspect.ts';
import { type Loaded, loadRows } from './load-rows.ts';
import { keyOf, planColumns, refuseDoubts } from './plan-import.ts';
import { type RejectList, rejectList } from './reject-list.ts';
import { openContent } from './source/open-content.ts';

/**
 * Sessions that load. They read times and dates as the audit does, whatever the role's own settings: a file means the
 * same wherever it is imported. COPY may take as long as it takes; nobody waits long for a lock.
 */
const SETTINGS = {
  TimeZone: 'UTC',
  DateStyle: 'ISO, YMD',
  extra_float_digits: '3',
  synchronous_commit: 'on',
  statement_timeout: '0',
  lock_timeout: '0',
  idle_in_transaction_session_timeout: '600s',
} as const;

const LOCK_TIMEOUT_MS = 30_000;

/**
 * Imports a file into a table: once per content and table, all of its rows or none. The rows and their line in the
 * ledger commit in one transaction, with the row in T38 and the event where the audit is in the same database; where it
 * is not, it follows from the ledger, at the latest with the next import into that database.
 *
 * Throws `InvalidInput` for a file or a table that does not do as it is told, `TooManyRejects` with the first of them,
 * `Conflict` (the file changed, `fail` and the table is there, `replace` would cascade), `Transient` naming who holds a
 * lock, and what the reading throws. Whatever it throws, the table is as it was.
 */
export async function runImport(deps: ImportDeps, request: ImportRequest): Promise<ImportResult> {
  const started = performance.now();
  const target = sourceTarget(deps, request.into);
  const place = parseTableName(request.table);
  await migrateLedger(target, deps.log);
  const warnings: string[] = [];
  await catchUp(deps, target);
  const inspection = await inspect(deps, request);
  refuseDoubts(inspection);

  await using session = await openSession(target, {
    applicationName: 'datasens import',
    settings: SETTINGS,
    signal: deps.signal,
  });
  const attempt: Attempt = { deps, request, target, inspection, session, startedAt: deps.now() };
  const outcome = await importOnce(attempt, place).catch((error: unknown) => {
    throw foreignError(error, target);
  });
  // It is committed: whatever fails from here on is told, and fails nothing.
  if (outcome.kind === 'done') warnings.push(...(await settleAudit(deps, target, outcome.entry)));
  return {
    ...(outcome.kind === 'done' ? doneResult(outcome) : duplicateResult(outcome.entry)),
    warnings: [...inspection.warnings, ...warnings],
    durationMs: Math.round(performance.now() - started),
  };
}

type Result = Omit<ImportResult, 'warnings' | 'durationMs'>;

function doneResult({ entry, loaded }: Extract<Outcome, { kind: 'done' }>): Result {
  const { pathBecause } = loaded;
  return {
    ...identityOf(entry),
    rowsRead: entry.rowsRead,
    rowsInserted: entry.rowsInserted,
    rowsUpdated: entry.rowsUpdated,
    rowsRejected: entry.rowsRejected,
    rejectsUri: entry.rejectsUri,
    ...(pathBecause === undefined ? {} : { pathBecause }),
    created: entry.created,
    columns: columnsOf(loaded),
    rejects: loaded.rejects,
  };
}

function duplicateResult(entry: ImportEntry): Result {
  const { importId, dumpId, importedAt, user, rowsInserted, rowsUpdated } = entry;
  return {
    ...identityOf(entry),
    rowsRead: 0,
    rowsInserted: 0,
    rowsUpdated: 0,
    rowsRejected: 0,
    rejectsUri: entry.rejectsUri,
    created: false,
    columns: [],
    rejects: [],
    duplicateOf: { importId, dumpId, importedAt, user, rowsInserted, rowsUpdated },
  };
}

function identityOf(entry: ImportEntry) {
  const { importId, dumpId, path, sha256, database, schema, table } = entry;
  return { importId, dumpId, path, sha256, table: `${database}.${schema}.${table}` };
}

interface Attempt {
  readonly deps: ImportDeps;
  readonly request: ImportRequest;
  readonly target: DatabaseTarget;
  readonly inspection: Inspection;
  readonly session: Session;
  readonly startedAt: Date;
}

type Outcome =
  | { readonly kind: 'done'; readonly entry: ImportEntry; readonly loaded: Loaded }
  | { readonly kind: 'duplicate'; readonly entry: ImportEntry };

async function importOnce(attempt: Attempt, place: { schema?: string; name: string }): Promise<Outcome> {
  const { deps, request, session, inspection } = attempt;
  await session.query('begin isolation level read committed');
  const table = await placeOf(session, place);
  refuseOwnTables(table);
  await lockImports(session, table);
  // Asked after the lock: whoever had it may have made the table, or imported this file.
  const found = await findLoadTable(session, table);
  if (found === undefined) await cancelImportsOf(session, table);
  const known = await findDuplicate(attempt, table);
  if (known.entry) return { kind: 'duplicate', entry: known.entry };
  if (request.ifExists === 'fail' && found !== undefined) {
    throw new AppError(
      'Conflict',
      `${quoteQualified(table.schema, table.name)} is there already: import with --if-exists append, replace or upsert`,
    );
  }
  if (found !== undefined) await lockFor(attempt, table);
  const existing = found && (await findLoadTable(session, table));
  const columns = planColumns(inspection, existing, {
    evolve: request.evolve ?? false,
    types: request.types ?? 'infer',
    display: quoteQualified(table.schema, table.name),
  });

  const dumpId = await reserveDumpId(deps.db);
  let rejectsUri: string | null = null;
  try {
    const loaded = await loadRows(
      { deps, session, source: request.source, inspection, table, columns, key: keyOf(request, columns) },
      { mode: request.ifExists, existing, openRejects: () => openRejects(attempt, dumpId) },
    );
    ({ rejectsUri } = loaded);
    const { sha256 } = loaded;
    if (known.sha256 !== undefined && known.sha256 !== sha256) {
      throw new AppError('Conflict', `${request.source.uri} changed while it was read: nothing of it was kept`);
    }
    deps.onProgress?.({
      phase: 'finish',
      bytes: loaded.sizeBytes,
      bytesInAll: loaded.sizeBytes,
      rows: loaded.rowsRead,
    });
    const entry: ImportEntry = {
      ...(await reserveImport(session, table, sha256)),
      dumpId,
      journal: await readJournalId(deps.db),
      audited: await isSameDatabase(deps.db, session, 't38_dump_audit'),
      schema: table.schema,
      table: table.name,
      sha256,
      sourceUri: request.source.uri,
      sizeBytes: loaded.sizeBytes,
      mode: request.ifExists,
      path: loaded.path,
      created: existing === undefined,
      rowsRead: loaded.rowsRead,
      rowsInserted: loaded.rowsInserted,
      rowsUpdated: loaded.rowsUpdated,
      rowsRejected: loaded.rejected,
      rejectsUri,
      importedAt: entryTime(deps.now()),
      user: request.user,
      comment: request.comment ?? null,
    };
    expectAllCounted(entry);
    await request.source.expectUnchanged();
    await enterImport(session, entry);
    await commitSurely(attempt.target, session);
    return { kind: 'done', entry, loaded };
  } catch (error) {
    // It may hold the journal's lock, for which the record of the failure would wait.
    await session.query('rollback').catch(() => undefined);
    if (rejectsUri !== null) await deps.store.delete(rejectsKey(attempt, dumpId)).catch(() => undefined);
    await recordRefusal(attempt, dumpId, foreignError(error, attempt.target));
    throw error;
  }
}

/**
 * The import that this one would repeat. The content is read for it only where an import into the table had as many
 * bytes: the hash of all others is taken on the way.
 */
async function findDuplicate(
  { deps, request, session }: Attempt,
  table: RelationName,
): Promise<{ entry?: ImportEntry; sha256?: string }> {
  const { source, ifExists: mode, force = false } = request;
  if (force) return {};
  const similar = await findSimilarImports(session, table, { sizeBytes: source.sizeBytes, mode });
  if (similar.length === 0) return {};
  const sha256 = await hashSource(deps, request);
  const entry = similar.find((candidate) => candidate.sha256 === sha256);
  return entry ? { entry, sha256 } : { sha256 };
}

async function hashSource({ signal, onProgress }: ImportDeps, { source }: ImportRequest): Promise<string> {
  const content = await openContent(source, signal, { raw: true });
  for await (const _ of content.bytes) {
    onProgress?.({ phase: 'check', bytes: content.readBytes(), bytesInAll: source.sizeBytes, rows: 0 });
  }
  return content.stored().sha256;
}

function refuseOwnTables({ schema, name }: RelationName): void {
  const isOwn = AUDIT_TABLES.includes(name);
  if (!isOwn && !schema.startsWith('pg_') && schema !== 'information_schema') return;
  throw new AppError(
    'InvalidInput',
    `${quoteQualified(schema, name)} is a table ${isOwn ? 'of the audit' : 'of the system'}: nothing is imported into it`,
  );
}

async function lockFor({ request, target, session, deps }: Attempt, table: RelationName): Promise<void> {
  await lockTable(target, session, {
    table,
    mode: lockModeOf(request),
    patienceMs: request.lockTimeoutMs ?? LOCK_TIMEOUT_MS,
    signal: deps.signal,
  });
}

function lockModeOf({ ifExists, evolve = false }: ImportRequest): TableLock['mode'] {
  if (ifExists === 'replace' || evolve) return 'access exclusive';
  // What is counted as updated stays the same until it is.
  return ifExists === 'upsert' ? 'share row exclusive' : 'row exclusive';
}

function openRejects(attempt: Attempt, dumpId: number): RejectList {
  const { deps, request } = attempt;
  return rejectList({
    store: deps.store,
    key: rejectsKey(attempt, dumpId),
    maxRejects: request.maxRejects ?? 0,
    signal: deps.signal,
  });
}

/** Nothing from outside stands in it. */
function rejectsKey({ startedAt }: Attempt, dumpId: number): string {
  return `rejected/${startedAt.toISOString().replace(/[-:]|\.\d+/g, '')}-${dumpId}/rejects.ndjson`;
}

function expectAllCounted({ rowsRead, rowsInserted, rowsUpdated, rowsRejected }: ImportEntry): void {
  if (rowsRead === rowsInserted + rowsUpdated + rowsRejected) return;
  throw new Error(
    `${rowsRead} rows were read, ${rowsInserted} inserted, ${rowsUpdated} updated and ${rowsRejected} rejected`,
  );
}

/** Journals a failure. Reasons may quote what stands in the file, and the journal is for ever: it has the lines alone. */
async function recordRefusal({ deps, request }: Attempt, dumpId: number, error: unknown): Promise<void> {
  const { user, source, table } = request;
  const detail = { doing: 'import', source: source.uri, table };
  if (!isAppError(error, 'TooManyRejects')) {
    await recordFailure(deps, { dumpId, user, error: withoutValues(error), detail });
    return;
  }
  const lines = (error.details.rejects as readonly { line: number }[]).map(({ line }) => line);
  const { signal } = new AbortController();
  await recordEvent(
    { ...deps, signal },
    { event: 'REJETE', dumpId, user, detail: { ...detail, count: Number(error.details.count), lines } },
  ).catch(() => deps.log('the refusal could not be journalled', { dumpId }));
}

function withoutValues(error: unknown): unknown {
  const state = sqlState(error);
  if (state === undefined) return error;
  return new AppError(
    isAppError(error) ? (error.name as 'Transient') : 'InvalidInput',
    `PostgreSQL: SQLSTATE ${state}`,
  );
}

/** What PostgreSQL has against the import as a whole is for the person to put right: no defect of ours. */
function foreignError(error: unknown, target: DatabaseTarget): unknown {
  const state = sqlState(error);
  if (!(error instanceof Error) || isAppError(error) || !/^[0-9A-Z]{5}$/.test(state ?? '')) return error;
  const hint = 'hint' in error && error.hint ? `. ${String(error.hint)}` : '';
  return new AppError('InvalidInput', `PostgreSQL at ${describeTarget(target)}: ${error.message}${hint}`, {
    cause: error,
    sqlState: state,
  });
}

/** What an import that was killed after its commit has left to do; a failure waits for the next. */
async function catchUp(deps: ImportDeps, target: DatabaseTarget): Promise<void> {
  await using session = await openSession(target, {
    applicationName: 'datasens import',
    settings: SETTINGS,
    signal: deps.signal,
  });
  await auditImports(deps, session);
}

async function settleAudit(deps: ImportDeps, target: DatabaseTarget, entry: ImportEntry): Promise<string[]> {
  // Also when somebody has interrupted us meanwhile.
  const { signal } = new AbortController();
  const behind = (error: unknown) => `the journal's mirror is behind, the next command catches up: ${String(error)}`;
  try {
    if (entry.audited) {
      const { mirrorError } = await mirrorAfterCommit({ ...deps, signal });
      return mirrorError ? [behind(mirrorError)] : [];
    }
    await using session = await openSession(target, { applicationName: 'datasens import', settings: SETTINGS });
    const { mirrorError } = await auditImports({ ...deps, signal }, session);
    return mirrorError ? [behind(mirrorError)] : [];
  } catch (error) {
    return [
      `the rows are in, and the audit is behind: the next import into this database catches it up (${String(error)})`,
    ];
  }
}

function columnsOf({ columns }: Loaded): ImportResult['columns'] {
  return columns.map(({ name, sqlType, header, added, widenedFrom }) => ({
    name,
    type: sqlType,
    ...(header === undefined || header === name ? {} : { header }),
    added,
    ...(widenedFrom === undefined ? {} : { widenedFrom }),
  }));
}
