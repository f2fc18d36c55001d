import type { Queryable } from '../postgres/database.ts';
import { quoteQualified } from '../postgres/quote.ts';
import { findRelationSet } from '../postgres/source-checks.ts';
import type { RelationName } from '../postgres/source-tables.ts';
import { LEDGER_TABLE, MIGRATION_TABLE } from './tables.ts';

/** The latest import into a table that a snapshot has. Imports into one table are numbered in the order of their commits. */
export interface LastImport {
  readonly schema: string;
  readonly table: string;
  readonly importId: number;
  /** With `journal`, they tell whether another ledger's entry of this number is the same. */
  readonly dumpId: number;
  readonly journal: string;
}

/** Whether a database has a ledger, and where: whatever the search path of the session is. */
export async function findLedger(db: Queryable): Promise<RelationName | undefined> {
  const relations = await findRelationSet(db, [LEDGER_TABLE], MIGRATION_TABLE);
  return relations.find(({ name }) => name === LEDGER_TABLE);
}

/** None where there is no ledger; nothing where the role may not read it. */
export async function listLastImports(db: Queryable): Promise<LastImport[] | undefined> {
  const ledger = await findLedger(db);
  if (!ledger) return [];
  const name = quoteQualified(ledger.schema, ledger.name);
  const { rows: rights } = await db.query<{ allowed: boolean }>(
    `select pg_catalog.has_table_privilege($1::text, 'select') as allowed`,
    [name],
  );
  if (!rights[0]?.allowed) return undefined;
  const { rows } = await db.query<LastImport>(
    `select distinct on (schema_cible, table_cible) schema_cible as schema, table_cible as "table",
            import_id as "importId", dump_id as "dumpId", journal
       from ${name} where statut = 'ACTIF' order by schema_cible, table_cible, import_id desc`,
  );
  return rows;
}

export interface Rewinding {
  /** The tables whose rows are now those of the dump, as SQL writes their names; with them goes what they are parts of. */
  readonly tables: readonly string[];
  /** As the dump's snapshot had them; nothing where it does not tell: then its time does. */
  readonly lastImports: readonly LastImport[] | undefined;
  /** ISO 8601 UTC. */
  readonly dumpedAt: string;
}

/**
 * Cancels the entries of imports that a restore has undone: those into its tables that the dump does not have. Call it
 * in the transaction that restores, so that nobody sees the rows gone and the file still imported. The dump of another
 * database has none of the imports of this one.
 */
export async function cancelUndoneImports(tx: Queryable, { tables, lastImports, dumpedAt }: Rewinding): Promise<void> {
  const ledger = await findLedger(tx);
  if (!ledger) return;
  const name = quoteQualified(ledger.schema, ledger.name);
  const undone =
    lastImports === undefined
      ? `e.date_import >= $2::timestamp`
      : `not exists (
           select from pg_catalog.jsonb_to_recordset($2::jsonb)
                         as k(schema text, "table" text, "importId" int8, "dumpId" int8, journal text)
             join ${name} l on l.import_id = k."importId" and l.dump_id = k."dumpId" and l.journal = k.journal
            where k.schema = e.schema_cible and k."table" = e.table_cible and e.import_id <= k."importId")`;
  await tx.query(
    `update ${name} e set statut = 'ANNULE'
      where e.statut = 'ACTIF' and ${undone} and exists (
        with recursive part(oid, name) as (
          select pg_catalog.to_regclass(pg_catalog.format('%I.%I', e.schema_cible, e.table_cible))::oid,
                 pg_catalog.format('%I.%I', e.schema_cible, e.table_cible) collate "C"
          union
          select c.oid, pg_catalog.format('%I.%I', n.nspname, c.relname)
            from part join pg_catalog.pg_inherits i on i.inhparent = part.oid
            join pg_catalog.pg_class c on c.oid = i.inhrelid join pg_catalog.pg_namespace n on n.oid = c.relnamespace)
        select from part where part.name = any($1::text[]))`,
    [tables, lastImports === undefined ? dumpedAt : JSON.stringify(lastImports)],
  );
}
