import { createHash } from 'node:crypto';
import type { Deps } from '../deps.ts';
import { AppError } from '../errors.ts';
import type { Queryable } from '../postgres/database.ts';
import type { RelationName } from '../postgres/source-tables.ts';
import { encodingError } from './append-event.ts';
import { journalCancellations } from './cancellations.ts';
import { applyChange } from './change.ts';
import { entryChange, type ImportEntry, type ImportMode, registrationOf, selectEntries } from './import-entry.ts';
import { tryLockTransactionShared } from './locks.ts';
import type { Mirroring } from './mirror-journal.ts';
import { recordDump, registerDump } from './record-dump.ts';
import { LEDGER_TABLE } from './tables.ts';

/**
 * Waits until nobody else imports into the table, and keeps others from it until the transaction ends, however it ends.
 * Then no import can come between the question whether there was one and the answer. Of the table rather than of the
 * content: what `replace` is compared with is the latest import, whatever it was. Throws `Transient` where a restore
 * into the database is under way.
 */
export async function lockImports(tx: Queryable, { schema, name }: RelationName): Promise<void> {
  if (!(await tryLockTransactionShared(tx, 'target'))) {
    throw new AppError('Transient', 'a restore into this database is under way: wait for its end, then import again');
  }
  const key = createHash('sha256')
    .update(JSON.stringify(['datasens import', schema, name]))
    .digest();
  await tx.query('select pg_advisory_xact_lock($1::bigint)', [key.readBigInt64BE(0).toString()]);
}

const OF_TABLE = 'schema_cible = $1 and table_cible = $2';
/** Whose rows may still be in the table: what a replacing import found there, it removed. */
const STANDING = `${OF_TABLE} and statut = 'ACTIF' and import_id >= coalesce((select max(import_id) from ${LEDGER_TABLE}
  where ${OF_TABLE} and statut = 'ACTIF' and mode = 'REPLACE'), 0)`;

/**
 * The imports that one of a file of `sizeBytes` may repeat, the first one first: all that stand, or for `replace` the
 * latest. The content decides, and need not be known where there are none.
 */
export async function findSimilarImports(
  tx: Queryable,
  { schema, name }: RelationName,
  { sizeBytes, mode }: { readonly sizeBytes: number; readonly mode: ImportMode },
): Promise<ImportEntry[]> {
  const table = [schema, name];
  if (mode !== 'replace') {
    return selectEntries(tx, `where ${STANDING} and taille_octets = $3 order by import_id`, [...table, sizeBytes]);
  }
  const latest = await selectEntries(tx, `where ${STANDING} order by import_id desc limit 1`, table);
  return latest.filter((entry) => entry.sizeBytes === sizeBytes);
}

/**
 * The imports into the table, at all or since a time, of what then had this URI: the latest first, also those whose rows
 * were replaced.
 */
export function findImportsOf(
  tx: Queryable,
  { schema, name }: RelationName,
  { sourceUri, since }: { readonly sourceUri: string; readonly since?: Date },
): Promise<ImportEntry[]> {
  const after = since === undefined ? '' : 'and date_import >= $4::timestamp';
  return selectEntries(
    tx,
    `where ${OF_TABLE} and statut = 'ACTIF' and source_uri = $3 ${after} order by import_id desc`,
    [schema, name, sourceUri, ...(since === undefined ? [] : [since.toISOString().replace('Z', '')])],
  );
}

/** The import of this id, where its rows may still be in the table. */
export async function findStandingImport(tx: Queryable, importId: number): Promise<ImportEntry | undefined> {
  const [entry] = await selectEntries(
    tx,
    `e where import_id = $1 and statut = 'ACTIF' and not exists (
       select from ${LEDGER_TABLE} later where later.schema_cible = e.schema_cible and later.table_cible = e.table_cible
          and later.statut = 'ACTIF' and later.mode = 'REPLACE' and later.import_id > e.import_id)`,
    [importId],
  );
  return entry;
}

/** Cancels the entries of a table that is gone, and its rows with it; returns their ids, which `enterImport` journals. */
export async function cancelImportsOf(tx: Queryable, { schema, name }: RelationName): Promise<number[]> {
  const { rows } = await tx.query<{ importId: number }>(
    `update ${LEDGER_TABLE} set statut = 'ANNULE' where ${OF_TABLE} and statut = 'ACTIF' returning import_id as "importId"`,
    [schema, name],
  );
  return rows.map(({ importId }) => importId);
}

/** The journal to which the entries of this audit belong. */
export async function readJournalId(db: Queryable): Promise<string> {
  const { rows } = await db.query<{ journal: string | null }>(
    `select detail::json ->> 'journal' as journal from t39_dump_evenement where seq = 1`,
  );
  const journal = rows[0]?.journal;
  if (!journal) throw new AppError('Conflict', 'the journal has lost its first event: run datasens journal verify');
  return journal;
}

/** The id and the rank of the import of `sha256` into the table, which the caller has locked. */
export async function reserveImport(
  tx: Queryable,
  { schema, name }: RelationName,
  sha256: string,
): Promise<{ importId: number; rank: number; database: string }> {
  const { rows } = await tx.query<{ importId: number; rank: number; database: string }>(
    `select nextval(pg_get_serial_sequence('${LEDGER_TABLE}', 'import_id')) as "importId",
            (select coalesce(max(rang), 0) + 1 from ${LEDGER_TABLE} where ${OF_TABLE} and checksum_sha256 = $3) as rank,
            current_database()::text as database`,
    [schema, name, sha256],
  );
  const [row] = rows;
  if (!row) throw new Error('nextval returned no row');
  return row;
}

/**
 * Enters an import, as the last statements of the transaction that loads its rows; where this is the audit database
 * (`audited`), with its row in T38 and its event, and that of the imports that it has `cancelled`. Throws `Conflict`
 * where the same import has been entered.
 */
export async function enterImport(tx: Queryable, entry: ImportEntry, cancelled: readonly number[]): Promise<void> {
  try {
    const change = entryChange(entry);
    const entered = (await applyChange(tx, change)) && (!entry.audited || (await register(tx, entry)));
    if (entered && entry.audited) await journalCancellations(tx, cancelled, entry.user);
    if (entered) return;
  } catch (error) {
    throw encodingError(error);
  }
  throw new AppError(
    'Conflict',
    `import ${entry.importId} of this content into ${entry.schema}.${entry.table} stands in the ledger or in T38 already`,
  );
}

function register(tx: Queryable, entry: ImportEntry): Promise<boolean> {
  return registerDump(tx, { ...registrationOf(entry), event: 'IMPORTE', before: [entryChange(entry)] });
}

const UNAUDITED = 'where not audite and journal = $1';

/** How many imports the ledger of a database has that the audit does not; undefined for a database without a ledger. */
export async function countUnaudited(db: Queryable, ledger: Queryable): Promise<number | undefined> {
  const { rows } = await ledger.query<{ there: boolean }>(`select to_regclass('${LEDGER_TABLE}') is not null as there`);
  if (!rows[0]?.there) return undefined;
  const counted = await ledger.query<{ count: number }>(`select count(*) as count from ${LEDGER_TABLE} ${UNAUDITED}`, [
    await readJournalId(db),
  ]);
  return counted.rows[0]?.count ?? 0;
}

/**
 * Records in the audit what the ledger of another database has and the audit does not: after an import, and for one
 * that was killed in between. Idempotent. `ledger` is a session on the database of the ledger.
 */
export async function auditImports(
  deps: Pick<Deps, 'db' | 'store' | 'signal'>,
  ledger: Queryable,
): Promise<Mirroring & { readonly audited: number }> {
  const journal = await readJournalId(deps.db);
  const entries = await selectEntries(ledger, `${UNAUDITED} order by import_id`, [journal]);
  let mirrorError: unknown;
  for (const entry of entries) {
    const { dump, detail } = registrationOf(entry);
    // The audit's own ledger, filled by another role than the audit's.
    const own = await selectEntries(deps.db, 'where import_id = $1 and dump_id = $2 and journal = $3', [
      entry.importId,
      entry.dumpId,
      journal,
    ]);
    const before = own.length > 0 ? [entryChange({ ...entry, audited: true })] : [];
    ({ mirrorError } = await recordDump(deps, dump, detail, 'IMPORTE', before));
    // The audit before the mark: a crash in between repeats what is found done.
    await ledger.query(`update ${LEDGER_TABLE} set audite = true where import_id = $1`, [entry.importId]);
  }
  return { audited: entries.length, ...(mirrorError === undefined ? {} : { mirrorError }) };
}
