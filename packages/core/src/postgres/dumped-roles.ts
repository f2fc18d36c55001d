import type { Queryable } from './database.ts';
import type { DumpScope } from './dump-scope.ts';

/** The roles without which a dump cannot be restored as it was. */
export interface DumpedRoles {
  /** Who owns objects or holds privileges on them: not needed by a restore without owners and privileges. */
  readonly owners: string[];
  /** Whom policies and user mappings name: always needed. */
  readonly named: string[];
}

/**
 * The roles of the tables of `scope` and their sequences, or of all that the database holds but the excluded
 * relations. Predefined roles are on every server, and left out.
 */
export async function listDumpedRoles(
  db: Queryable,
  { tables, excluded }: DumpScope,
  whole: boolean,
): Promise<DumpedRoles> {
  // The server records who depends on a role (pg_shdepend), but not on the one that it was set up with (oid 10).
  const { rows } = await db.query<{ name: string; named: boolean }>(
    `with relation as (
       select unnest($1::oid[]) as oid
       union
       select d.objid from pg_catalog.pg_depend d
        where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.deptype in ('a', 'i')
          and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.refobjid = any($1::oid[])),
     dependency as (
       select d.refobjid as role, d.deptype = 'r' or d.classid = 'pg_catalog.pg_user_mapping'::pg_catalog.regclass as named,
              d.classid, d.objid
         from pg_catalog.pg_shdepend d
        where d.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass and d.deptype in ('o', 'a', 'r')
          and d.dbid = (select oid from pg_catalog.pg_database where datname = pg_catalog.current_database())
       union all
       select 10, false, 'pg_catalog.pg_class'::pg_catalog.regclass, c.oid
         from pg_catalog.pg_class c where c.relowner = 10 and c.oid >= 16384 and c.relkind not in ('i', 'I', 't')
       union all
       select 10, false, 'pg_catalog.pg_proc'::pg_catalog.regclass, p.oid
         from pg_catalog.pg_proc p where p.proowner = 10 and p.oid >= 16384
       union all
       select 10, false, 'pg_catalog.pg_namespace'::pg_catalog.regclass, n.oid
         from pg_catalog.pg_namespace n where n.nspowner = 10 and n.oid >= 16384 and n.nspname !~ '^pg_')
     select r.rolname::text as name, bool_or(d.named) as named
       from dependency d
       join pg_catalog.pg_roles r on r.oid = d.role
       left join pg_catalog.pg_policy p on d.classid = 'pg_catalog.pg_policy'::pg_catalog.regclass and p.oid = d.objid
       cross join lateral (
         select coalesce(p.polrelid,
                         case when d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass then d.objid end) as oid) subject
      where r.rolname !~ '^pg_'
        and case when $3 then subject.oid is null or subject.oid <> all($2::oid[])
                 else subject.oid in (select relation.oid from relation) end
      group by r.rolname
      order by r.rolname collate "C"`,
    [tables.map(({ oid }) => oid), excluded.map(({ oid }) => oid), whole],
  );
  return {
    owners: rows.map(({ name }) => name),
    named: rows.filter(({ named }) => named).map(({ name }) => name),
  };
}
