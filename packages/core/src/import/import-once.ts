import { expectNoStep } from '../audit/expect-no-step.ts';
import { entryTime, type ImportEntry } from '../audit/import-entry.ts';
import { enterImport, readJournalId, reserveImport } from '../audit/ledger.ts';
import { reserveDumpId } from '../audit/reserve-dump-id.ts';
import { hasSensitiveRows } from '../catalog/sensitive-tables.ts';
import { expectRecipients } from '../crypto/encryption.ts';
import { AppError } from '../errors.ts';
import { commitSurely } from '../postgres/commit-surely.ts';
import { isSameDatabase } from '../postgres/database-identity.ts';
import type { LoadTable } from '../postgres/load-table.ts';
import { quoteQualified } from '../postgres/quote.ts';
import type { Attempt } from './attempt.ts';
import { type Approved, expectApproved, useApproved } from './expect-approved.ts';
import { findDuplicate } from './find-duplicate.ts';
import type { ImportRequest } from './import-request.ts';
import type { LateKey } from './load-job.ts';
import { type Loaded, loadRows } from './load-rows.ts';
import { keyOf, type LoadColumn, planColumns } from './plan-import.ts';
import { foreignError, recordRefusal } from './record-refusal.ts';
import { rejectObjects, removeRejects } from './rejects/reject-objects.ts';
import { type TakenPlace, takePlace, takeTable } from './take-table.ts';
import type { Column } from './types/infer-columns.ts';

export type Outcome =
  | { readonly kind: 'done'; readonly entry: ImportEntry; readonly loaded: Loaded }
  /** Nothing was loaded: the entry is that of the import which did, and for `again` that of this one, asked for before. */
  | { readonly kind: 'duplicate' | 'again'; readonly entry: ImportEntry };

/**
 * The one transaction of an import: the rows and their line in the ledger are in it, with the row in T38 and the event
 * where the audit is in the same database. A failure is journalled once the file is being loaded. Into a protected table
 * nothing goes without an approval, which is used right before the commit, in a transaction of its own.
 */
export async function importOnce(attempt: Attempt): Promise<Outcome> {
  const { request, reading, session } = attempt;
  await session.query('begin isolation level read committed');
  const table = await takePlace(attempt);
  const known = await findDuplicate(attempt, table);
  if (known.entry) return { kind: known.isOwn ? 'again' : 'duplicate', entry: known.entry };
  await expectNoStep(attempt.deps, session, attempt.target, [table]);
  // Before the lock, so that who may not write keeps nobody from reading; and once more when the table stays what it is.
  await expectApproved(attempt, table, known.sha256);
  const existing = table.isThere ? await takeTable(attempt, table) : undefined;
  const approved = await expectApproved(attempt, table, known.sha256);
  const plan: Destination['plan'] = (found, late) =>
    planColumns({ columns: found, named: reading.named }, existing, {
      evolve: request.evolve ?? false,
      types: request.types ?? 'infer',
      display: quoteQualified(table.schema, table.name),
      late,
    });
  const columns = plan(reading.columns);
  return loadAndCommit(attempt, { table, existing, plan, columns, sha256: known.sha256, approved });
}

interface Destination {
  readonly table: TakenPlace;
  readonly existing: LoadTable | undefined;
  readonly columns: readonly LoadColumn[];
  readonly plan: (columns: readonly Column[], late?: LateKey) => readonly LoadColumn[];
  /** Of the content, where it was read before. */
  readonly sha256: string | undefined;
  /** Where the table is protected. */
  readonly approved: Approved | undefined;
}

async function loadAndCommit(attempt: Attempt, destination: Destination): Promise<Outcome> {
  const { deps, request, reading, target, session, startedAt } = attempt;
  const { table, existing, columns, plan, approved } = destination;
  const scope = { sensitive: request.sensitive ?? false, source: request.into, tables: [table] };
  const sensitive = await hasSensitiveRows(deps.encryption, scope, session);
  const recipients = sensitive ? expectRecipients(deps.encryption) : [];
  const dumpId = await reserveDumpId(deps.db);
  const objects = rejectObjects(startedAt, dumpId, sensitive);
  let storedRejects = false;
  try {
    const loaded = await loadRows(
      { deps, session, source: request.source, reading, table, columns, key: keyOf(request, columns) },
      { mode: request.ifExists, existing, maxRejects: request.maxRejects ?? 0, place: { objects, recipients }, plan },
    );
    storedRejects = loaded.rejectsUri !== null;
    expectContent(request, loaded.sha256, destination.sha256);
    const { sizeBytes, rowsRead } = loaded;
    deps.onProgress?.({ phase: 'finish', bytes: sizeBytes, bytesInAll: sizeBytes, rows: rowsRead });
    const entry = await entryOf(attempt, destination, loaded, dumpId);
    await request.source.expectUnchanged();
    // Its transaction takes the journal's lock, which the entry may hold from the next line on.
    if (approved) await useApproved(attempt, approved, { sha256: loaded.sha256, dumpId });
    await enterImport(session, entry, destination.table.cancelled);
    // Whether it was committed may remain unknown: then they stay.
    storedRejects = false;
    await commitSurely(target, session);
    return { kind: 'done', entry, loaded };
  } catch (error) {
    // It may hold the journal's lock, for which the record of the failure would wait.
    await session.query('rollback').catch(() => undefined);
    if (storedRejects) await removeRejects(deps.store, objects);
    await recordRefusal(attempt, dumpId, foreignError(error, target));
    throw error;
  }
}

/** Throws `Conflict` for what was loaded and is not what was looked at before it. */
function expectContent({ source, expectSha256 }: ImportRequest, loaded: string, checked: string | undefined): void {
  if (expectSha256 !== undefined && expectSha256 !== loaded) {
    throw new AppError('Conflict', `${source.uri} has changed since it was inspected: nothing of it was kept`);
  }
  if (checked !== undefined && checked !== loaded) {
    throw new AppError('Conflict', `${source.uri} changed while it was read: nothing of it was kept`);
  }
}

/** The line of the ledger. Throws where the numbers do not add up. */
async function entryOf(
  { deps, request, session }: Attempt,
  { table, existing }: Destination,
  loaded: Loaded,
  dumpId: number,
): Promise<ImportEntry> {
  const { rowsRead, rowsInserted, rowsUpdated, rowsRejected } = loaded;
  if (rowsRead !== rowsInserted + rowsUpdated + rowsRejected) {
    throw new Error(
      `${rowsRead} rows were read, ${rowsInserted} inserted, ${rowsUpdated} updated and ${rowsRejected} rejected`,
    );
  }
  return {
    ...(await reserveImport(session, table, loaded.sha256)),
    dumpId,
    journal: await readJournalId(deps.db),
    audited: await isSameDatabase(deps.db, session, 't38_dump_audit'),
    schema: table.schema,
    table: table.name,
    sha256: loaded.sha256,
    sourceUri: request.source.uri,
    sizeBytes: loaded.sizeBytes,
    mode: request.ifExists,
    path: loaded.path,
    created: existing === undefined,
    rowsRead,
    rowsInserted,
    rowsUpdated,
    rowsRejected,
    rejectsUri: loaded.rejectsUri,
    importedAt: entryTime(deps.now()),
    user: request.user,
    comment: request.comment ?? null,
  };
}
