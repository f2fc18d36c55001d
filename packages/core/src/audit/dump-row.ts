import type { Queryable } from '../postgres/database.ts';
import { BYTES_PER_MB, type DumpStatus, type DumpType } from './new-dump.ts';

/** A row of T38. What is null is what a row older than the journal, or written by hand, left out. */
export interface DumpRow {
  readonly dumpId: number;
  readonly type: DumpType;
  /** The storage key of the data. */
  readonly key: string;
  readonly uri: string | null;
  readonly sizeBytes: number | null;
  /** ISO 8601 UTC. */
  readonly createdAt: string | null;
  readonly user: string | null;
  readonly comment: string | null;
  readonly sha256: string | null;
  readonly status: DumpStatus | null;
  /** ISO 8601 UTC. */
  readonly expiresAt: string | null;
  readonly table: string | null;
  /** Older than migration 1: nothing proves its bytes, and nothing of ours rotates it. */
  readonly legacy: boolean;
}

/** Expressions over `t38_dump_audit`, in the shape of `DumpRow`. */
const COLUMNS = `
  dump_id as "dumpId", type, chemin as key, minio_uri as uri,
  round(taille_mb * ${BYTES_PER_MB})::bigint as "sizeBytes",
  date_creation as "createdAt", utilisateur as "user", commentaire as comment, checksum_sha256 as sha256,
  statut as status, date_expiration as "expiresAt", table_cible as "table",
  dump_id <= (select (detail::json ->> 'legacyMaxDumpId')::bigint from t39_dump_evenement where seq = 1) as legacy`;

/** The rows that `clause` (everything after `from t38_dump_audit`) selects, with `extra` columns beside. */
export async function selectDumps<Extra = unknown>(
  db: Queryable,
  clause: string,
  params: readonly unknown[],
  extra: readonly string[] = [],
): Promise<(DumpRow & Extra)[]> {
  const columns = [COLUMNS, ...extra].join(', ');
  const { rows } = await db.query<DumpRow & Extra>(`select ${columns} from t38_dump_audit ${clause}`, params);
  return rows;
}
