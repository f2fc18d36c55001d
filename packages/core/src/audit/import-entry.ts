import type { Queryable } from '../postgres/database.ts';
import { type Change, timestampText } from './change.ts';
import type { JsonObject } from './journal-event.ts';
import type { NewDump } from './new-dump.ts';
import { LEDGER_TABLE } from './tables.ts';

export type ImportMode = 'append' | 'fail' | 'replace' | 'upsert';
export type ImportPath = 'fast' | 'tolerant';

/** A line of the ledger: one import that was done. */
export interface ImportEntry {
  /** From `reserveImportId`. */
  readonly importId: number;
  /** Of its row in T38, in the audit whose journal is `journal`. */
  readonly dumpId: number;
  readonly journal: string;
  /** Whether that audit has it. */
  readonly audited: boolean;
  readonly database: string;
  readonly schema: string;
  readonly table: string;
  /** Of the stored bytes, lower-case hex. */
  readonly sha256: string;
  /** 1, 2, 3 …: how often this content was imported into this table. */
  readonly rank: number;
  readonly sourceUri: string;
  readonly sizeBytes: number;
  readonly mode: ImportMode;
  readonly path: ImportPath;
  /** Whether it made the table. */
  readonly created: boolean;
  readonly rowsRead: number;
  readonly rowsInserted: number;
  readonly rowsUpdated: number;
  readonly rowsRejected: number;
  readonly rejectsUri: string | null;
  /** ISO 8601 UTC, without trailing zeros. */
  readonly importedAt: string;
  readonly user: string;
  readonly comment: string | null;
}

/** An entry as it stands in the ledger. */
export interface LedgerEntry extends ImportEntry {
  /** ANNULE: a restore, or the loss of its table, has undone it. */
  readonly status: 'ACTIF' | 'ANNULE';
}

/** The entry as its row. */
export function entryChange(entry: ImportEntry): Change {
  return {
    table: LEDGER_TABLE,
    op: 'insert',
    row: {
      import_id: entry.importId,
      dump_id: entry.dumpId,
      journal: entry.journal,
      audite: entry.audited,
      base_cible: entry.database,
      schema_cible: entry.schema,
      table_cible: entry.table,
      checksum_sha256: entry.sha256,
      rang: entry.rank,
      source_uri: entry.sourceUri,
      taille_octets: entry.sizeBytes,
      mode: entry.mode.toUpperCase(),
      parcours: entry.path.toUpperCase(),
      table_creee: entry.created,
      lignes_lues: entry.rowsRead,
      lignes_inserees: entry.rowsInserted,
      lignes_modifiees: entry.rowsUpdated,
      lignes_rejetees: entry.rowsRejected,
      rejets_uri: entry.rejectsUri,
      date_import: entry.importedAt,
      utilisateur: entry.user,
      commentaire: entry.comment,
      statut: 'ACTIF',
    },
  };
}

/** The entries that `clause` (everything after `from t40_import_registre`) selects. */
export async function selectEntries(db: Queryable, clause: string, params: readonly unknown[]): Promise<LedgerEntry[]> {
  const { rows } = await db.query<LedgerEntry>(
    `select import_id as "importId", dump_id as "dumpId", journal, audite as audited, base_cible as database,
            schema_cible as schema, table_cible as "table", checksum_sha256 as sha256, rang as rank,
            source_uri as "sourceUri", taille_octets as "sizeBytes", lower(mode) as mode, lower(parcours) as path,
            table_creee as created, lignes_lues as "rowsRead", lignes_inserees as "rowsInserted",
            lignes_modifiees as "rowsUpdated", lignes_rejetees as "rowsRejected", rejets_uri as "rejectsUri",
            date_import as "importedAt", utilisateur as "user", commentaire as comment, statut as status
       from ${LEDGER_TABLE} ${clause}`,
    params,
  );
  return rows;
}

/** What T38 and the journal say of an import: it follows from the entry alone, whenever it is asked. */
export function registrationOf(entry: ImportEntry): { readonly dump: NewDump; readonly detail: JsonObject } {
  const { importId, dumpId, database, schema, table, sha256, sourceUri, sizeBytes } = entry;
  const name = `${schema}.${table}`;
  return {
    dump: {
      dumpId,
      type: 'IMPORT',
      // Unique for a second import of the same file, too, and for one into another database.
      key: `${sourceUri}#sha256=${sha256}/${dumpId}/${importId}`,
      uri: sourceUri,
      sizeBytes,
      sha256,
      createdAt: new Date(entry.importedAt),
      user: entry.user,
      comment: entry.comment ?? undefined,
      // What table_cible does not hold stands in the ledger and in the journal.
      ...([...name].length <= 100 ? { table: name } : {}),
    },
    detail: {
      importId,
      database,
      schema,
      table,
      mode: entry.mode,
      path: entry.path,
      created: entry.created,
      rowsRead: entry.rowsRead,
      rowsInserted: entry.rowsInserted,
      rowsUpdated: entry.rowsUpdated,
      rowsRejected: entry.rowsRejected,
      rejectsUri: entry.rejectsUri,
    },
  };
}

/** The time of an entry, as the ledger and T38 hold it. */
export function entryTime(time: Date): string {
  return timestampText(time);
}
