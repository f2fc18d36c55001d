import type { Queryable } from './database.ts';

/** A table of a source database that a dump carries with its rows. */
export interface SourceTable {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  /** As SQL writes it, quoted only where it must be: `public.t01_source`, `public."Été"`. */
  readonly display: string;
  /** `r` an ordinary table, `p` a partitioned one, which holds no rows of its own. */
  readonly kind: 'r' | 'p';
  /** The planner's last estimate of its size, in pages of 8 KiB. */
  readonly pages: number;
}

/** One relation of a source, by schema and name. */
export interface RelationName {
  readonly schema: string;
  readonly name: string;
}

/**
 * The user tables of the database, in order of schema and name: no system tables, no temporary ones, none that
 * belong to an extension (CREATE EXTENSION makes those), and none of `exclude`.
 */
export async function listSourceTables(db: Queryable, exclude: readonly RelationName[] = []): Promise<SourceTable[]> {
  const { rows } = await db.query<SourceTable>(
    `select c.oid::int8 as oid, n.nspname as schema, c.relname as name,
            pg_catalog.format('%I.%I', n.nspname, c.relname) as display, c.relkind as kind, c.relpages as pages
       from pg_catalog.pg_class c
       join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where c.relkind in ('r', 'p') and c.relpersistence <> 't'
        and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
        and not exists (select from pg_catalog.pg_depend d
                         where d.deptype = 'e' and d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                           and d.objid = c.oid)
      order by n.nspname collate "C", c.relname collate "C"`,
  );
  const excluded = new Set(exclude.map(({ schema, name }) => JSON.stringify([schema, name])));
  return rows.filter(({ schema, name }) => !excluded.has(JSON.stringify([schema, name])));
}
