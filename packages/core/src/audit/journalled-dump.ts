import type { Queryable } from '../postgres/database.ts';
import type { Change } from './change.ts';
import type { DumpRow } from './dump-row.ts';
import { BYTES_PER_MB, type DumpStatus, type DumpType } from './new-dump.ts';

/**
 * The row of a dump as its journal tells it, for a row that T38 has lost: the registered dump is the one whose row or
 * whose journal entry is there (design, section 4). Undefined where the journal does not know it either.
 */
export async function findJournalledDump(db: Queryable, dumpId: number): Promise<DumpRow | undefined> {
  const { rows } = await db.query<{ changes: string }>(
    'select changements as changes from t39_dump_evenement where dump_id = $1 order by seq',
    [dumpId],
  );
  const changes = rows.flatMap((row) => JSON.parse(row.changes) as Change[]);
  const row: Change['row'] = Object.assign(
    {},
    ...changes.filter((change) => change.table === 't38_dump_audit').map((change) => change.row),
  );
  if (typeof row.chemin !== 'string') return undefined;
  const text = (column: string) => (typeof row[column] === 'string' ? row[column] : null);
  return {
    dumpId,
    type: text('type') as DumpType,
    key: row.chemin,
    uri: text('minio_uri'),
    sizeBytes: typeof row.taille_mb === 'number' ? Math.round(row.taille_mb * BYTES_PER_MB) : null,
    createdAt: text('date_creation'),
    user: text('utilisateur'),
    comment: text('commentaire'),
    sha256: text('checksum_sha256'),
    status: text('statut') as DumpStatus | null,
    expiresAt: text('date_expiration'),
    table: text('table_cible'),
    legacy: false,
  };
}
