import type { ImportMode, ImportPath } from '../audit/import-entry.ts';
import type { SourceDeps } from '../deps.ts';
import type { Reject } from './csv/reject.ts';
import type { InspectInput } from './inspection.ts';
import type { ColumnType } from './types/column-type.ts';

/** What a caller asks for. Whoever opened the source disposes of it. */
export interface ImportRequest extends InspectInput {
  /** The name of the database to import into. */
  readonly into: string;
  /** As SQL reads it: `news`, `archive.news`, `"Été 2024"`. */
  readonly table: string;
  readonly ifExists: ImportMode;
  /** The columns that tell a row from another, for `upsert`. */
  readonly key?: readonly string[];
  /** So many rows may be left out, each with its reason; one more, and none is loaded. */
  readonly maxRejects?: number;
  /** Whether columns that the table lacks are added to it. */
  readonly evolve?: boolean;
  /** Whether a content that was imported before is imported again. */
  readonly force?: boolean;
  /** Whether rejects are stored encrypted; they also are where a rule says so (DATASENS_SENSITIVE). */
  readonly sensitive?: boolean;
  readonly comment?: string;
  /** Whether the table was looked for before, and was not there: rows that came since are not replaced. */
  readonly expectNew?: boolean;
  /** Of the stored bytes, where they were looked at before: others are not imported. */
  readonly expectSha256?: string;
  /**
   * When the import was first asked for. One of this content, from this place into this table, that was done since is
   * this one: it is not done again, by `force` neither, and nor after a `replace` that came in between.
   */
  readonly since?: Date;
  /** How long to wait for locks that others hold. */
  readonly lockTimeoutMs?: number;
  /** The approval of another person that was given for it, where its table is protected; that of the execution counts unasked. */
  readonly approvalId?: number;
  readonly user: string;
}

/** What the steps of an import need beyond `SourceDeps`. */
export interface ImportDeps extends SourceDeps {
  /** Called as often as anything moves; whoever shows it decides how often to look. */
  readonly onProgress?: (progress: ImportProgress) => void;
}

export interface ImportProgress {
  /** `check`: has it been imported already? `finish`: all rows are in, and about to be committed. */
  readonly phase: 'check' | 'load' | 'finish';
  /** Stored bytes read in this phase, and of how many. */
  readonly bytes: number;
  readonly bytesInAll: number;
  readonly rows: number;
}

export interface ImportedColumn {
  readonly name: string;
  /** As SQL writes it. */
  readonly type: string;
  /** As the file has it, where that is another name. */
  readonly header?: string;
  /** Whether this import added it. */
  readonly added: boolean;
  /** The type that the beginning of the file promised, where a later row took more. */
  readonly widenedFrom?: ColumnType;
}

export interface ImportResult {
  readonly importId: number;
  readonly dumpId: number;
  /** `database.schema.table`. */
  readonly table: string;
  readonly rowsRead: number;
  readonly rowsInserted: number;
  readonly rowsUpdated: number;
  readonly rowsRejected: number;
  readonly rejectsUri: string | null;
  readonly path: ImportPath;
  /** Why not the fast path. */
  readonly pathBecause?: string;
  readonly created: boolean;
  readonly columns: readonly ImportedColumn[];
  readonly sha256: string;
  /** ISO 8601 UTC. */
  readonly importedAt: string;
  /** The import that had loaded this content before, and whose ids these are; this one read and loaded nothing. */
  readonly duplicateOf?: {
    readonly importId: number;
    readonly dumpId: number;
    readonly importedAt: string;
    readonly user: string;
    readonly rowsInserted: number;
    readonly rowsUpdated: number;
  };
  /** The first of them. */
  readonly rejects: readonly Reject[];
  readonly warnings: readonly string[];
  readonly durationMs: number;
}
