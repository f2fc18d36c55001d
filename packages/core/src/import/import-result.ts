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
  const { importId, dumpId, path, sha256, importedAt, database, schema, table, rejectsUri } = entry;
  return {
    importId,
    dumpId,
    path,
    sha256,
    importedAt,
    table: `${database}.${schema}.${table}`,
    rejectsUri,
    ...partsOf(outcome),
    warnings,
    durationMs,
  };
}

function partsOf(outcome: Outcome) {
  switch (outcome.kind) {
    case 'done':
      return { ...entryParts(outcome.entry), ...loadedParts(outcome.loaded) };
    case 'again':
      // What the ledger does not hold was told to whoever asked first.
      return { ...entryParts(outcome.entry), columns: [], rejects: [] };
    case 'duplicate':
      return duplicateParts(outcome.entry);
  }
}

function entryParts({ rowsRead, rowsInserted, rowsUpdated, rowsRejected, created }: ImportEntry) {
  return { rowsRead, rowsInserted, rowsUpdated, rowsRejected, created };
}

function loadedParts(loaded: Loaded) {
  const { pathBecause, rejects } = loaded;
  return { ...(pathBecause === undefined ? {} : { pathBecause }), columns: columnsOf(loaded), rejects };
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
