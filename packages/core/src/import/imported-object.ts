import type { ImportPath } from '../audit/import-entry.ts';
import type { ImportResult } from './import-request.ts';

/** What an import of an object comes to: small, and without a value of the file, for it passes between states in the clear. */
export interface ImportedObject {
  readonly importId: number;
  readonly dumpId: number;
  /** `database.schema.table`. */
  readonly table: string;
  readonly sha256: string;
  readonly importedAt: string;
  readonly path: ImportPath;
  readonly created: boolean;
  readonly rowsRead: number;
  readonly rowsInserted: number;
  readonly rowsUpdated: number;
  readonly rowsRejected: number;
  readonly rejectsUri: string | null;
  /** The import of another file that had this content, whose ids these are; nothing was loaded. */
  readonly duplicateOf: { readonly importId: number; readonly dumpId: number } | null;
  /** The first of them. */
  readonly warnings: readonly string[];
}

const MOST_WARNINGS = 10;
const LONGEST_WARNING = 500;

export function importedObject(result: ImportResult): ImportedObject {
  const { importId, dumpId, table, sha256, importedAt, path, created, rejectsUri, duplicateOf, warnings } = result;
  const { rowsRead, rowsInserted, rowsUpdated, rowsRejected } = result;
  return {
    importId,
    dumpId,
    table,
    sha256,
    importedAt,
    path,
    created,
    rowsRead,
    rowsInserted,
    rowsUpdated,
    rowsRejected,
    rejectsUri,
    duplicateOf: duplicateOf ? { importId: duplicateOf.importId, dumpId: duplicateOf.dumpId } : null,
    warnings: warnings.slice(0, MOST_WARNINGS).map((warning) => warning.slice(0, LONGEST_WARNING)),
  };
}
