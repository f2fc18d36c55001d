import type { Queryable } from './database.ts';
import { quoteQualified } from './quote.ts';
import type { RelationName, SourceTable } from './source-tables.ts';

/** What a dump needs to know of its source before it starts. */
export interface SourceInfo {
  readonly database: string;
  readonly encoding: string;
  /** As the server reports it, e.g. `15.18 (Debian 15.18-0+deb12u1)`. */
  readonly serverVersion: string;
  readonly serverMajor: number;
  /** The database's size on disk: an upper bound in practice of what a dump of it will be. */
  readonly sizeBytes: number;
}

export async function describeSource(db: Queryable): Promise<SourceInfo> {
  const { rows } = await db.query<SourceInfo>(
    `select current_database() as database, getdatabaseencoding() as encoding,
            current_setting('server_version') as "serverVersion",
            current_setting('server_version_num')::int / 10000 as "serverMajor",
            pg_database_size(current_database()) as "sizeBytes"`,
  );
  const [info] = rows;
  if (!info) throw new Error('the server did not describe itself');
  return info;
}

/** What the tables take on disk, with their indexes and their long values, in bytes. */
export async function sizeOf(db: Queryable, tables: readonly SourceTable[]): Promise<number> {
  const { rows } = await db.query<{ size: number }>(
    'select coalesce(sum(pg_catalog.pg_total_relation_size(oid)), 0)::int8 as size from unnest($1::oid[]) as t(oid)',
    [tables.map(({ oid }) => oid)],
  );
  return rows[0]?.size ?? 0;
}

/**
 * The tables named `tables`, and the sequences that they own, in every schema where `marker` stands beside them.
 * A sequence of SERIAL is a relation of its own, which a dump without its table would still carry.
 */
export async function findRelationSet(
  db: Queryable,
  tables: readonly string[],
  marker: string,
): Promise<(RelationName & { readonly oid: number })[]> {
  const { rows } = await db.query<RelationName & { oid: number }>(
    `with audit as (
       select c.oid, n.nspname, c.relname
         from pg_catalog.pg_class c
         join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        where c.relkind in ('r', 'p') and c.relname = any($1)
          and exists (select from pg_catalog.pg_class m
                       where m.relnamespace = c.relnamespace and m.relname = $2 and m.relkind = 'r'))
     select oid::int8 as oid, nspname as schema, relname as name from audit
     union all
     select s.oid::int8, n.nspname, s.relname
       from audit
       join pg_catalog.pg_depend d on d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
            and d.refobjid = audit.oid and d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
            and d.deptype in ('a', 'i')
       join pg_catalog.pg_class s on s.oid = d.objid and s.relkind = 'S'
       join pg_catalog.pg_namespace n on n.oid = s.relnamespace
     order by schema, name`,
    [tables, marker],
  );
  return rows;
}

/**
 * Objects outside of `relations` that could not be restored without them: views, foreign keys, functions, columns of
 * their row types, inheriting tables. As the server describes them, e.g. `view v on public.t`.
 */
export async function listDependents(db: Queryable, relations: readonly { readonly oid: number }[]): Promise<string[]> {
  const { rows } = await db.query<{ object: string }>(
    `with target as (
       select c.oid as relation, c.reltype as type from pg_catalog.pg_class c where c.oid = any($1::oid[])),
     direct as (
       select d.classid, d.objid, d.objsubid
         from pg_catalog.pg_depend d
         join target on (d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.refobjid = target.relation)
                     or (d.refclassid = 'pg_catalog.pg_type'::pg_catalog.regclass and d.refobjid = target.type)
        where d.deptype = 'n'),
     owner as (
       -- A rule stands for its view; a constraint, a default and a column for their table.
       select direct.*,
              coalesce(r.ev_class, k.conrelid, a.adrelid,
                       case when classid = 'pg_catalog.pg_class'::pg_catalog.regclass then objid end) as relation
         from direct
         left join pg_catalog.pg_rewrite r
                on classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass and r.oid = objid
         left join pg_catalog.pg_constraint k
                on classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass and k.oid = objid
         left join pg_catalog.pg_attrdef a
                on classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass and a.oid = objid)
     select distinct case when classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
                          then pg_catalog.pg_describe_object('pg_catalog.pg_class'::pg_catalog.regclass, relation, 0)
                          else pg_catalog.pg_describe_object(classid, objid, objsubid) end as object
       from owner
      where relation is null or relation not in (select target.relation from target)
      order by object`,
    [relations.map((relation) => relation.oid)],
  );
  return rows.map((row) => row.object);
}

/** Those of `tables` from which row-level security would hide rows from the session's role, as SQL writes them. */
export async function listFilteredTables(db: Queryable, tables: readonly SourceTable[]): Promise<string[]> {
  const { rows } = await db.query<{ oid: number }>(
    'select oid::int8 as oid from unnest($1::oid[]) as t(oid) where row_security_active(oid)',
    [tables.map((table) => table.oid)],
  );
  const filtered = new Set(rows.map((row) => row.oid));
  return tables.filter((table) => filtered.has(table.oid)).map((table) => quoteQualified(table.schema, table.name));
}
