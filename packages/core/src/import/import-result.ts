import type { ImportEntry } from '../audit/import-entry.ts';
import type { Outcome } from './import-once.ts';
import type { ImportResult } from './import-request.ts';
import type { Loaded } from './load-rows.ts';

/** What an import tells its caller; an import that was done before has its ids. */
export function resultOf(
  outcome: Outcome,
  { warnings, durationMs }: Pick<ImportResult, 'warnings' | 'durationMs'>,
): ImportResult {
  const { entry } = outcome;
  const { importId, dumpId, path, sha256, database, schema, table, rejectsUri } = entry;
  return {
    importId,
    dumpId,
    path,
    sha256,
    table: `${database}.${schema}.${table}`,
    rejectsUri,
    ...(outcome.kind === 'done' ? doneParts(outcome) : duplicateParts(entry)),
    warnings,
    durationMs,
  };
}

function doneParts({ entry, loaded }: Extract<Outcome, { kind: 'done' }>) {
  const { pathBecause } = loaded;
  return {
    rowsRead: entry.rowsRead,
    rowsInserted: entry.rowsInserted,
    rowsUpdated: entry.rowsUpdated,
    rowsRejected: entry.rowsRejected,
    ...(pathBecause === undefined ? {} : { pathBecause }),
    created: entry.created,
    columns: columnsOf(loaded),
    rejects: loaded.rejects,
  };
}

function duplicateParts({ importId, dumpId, importedAt, user, rowsInserted, rowsUpdated }: ImportEntry) {
  return {
    rowsRead: 0,
    rowsInserted: 0,
    rowsUpdated: 0,
    rowsRejected: 0,
    created: false,
    columns: [],
    rejects: [],
    duplicateOf: { importId, dumpId, importedAt, user, rowsInserted, rowsUpdated },
  };
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
