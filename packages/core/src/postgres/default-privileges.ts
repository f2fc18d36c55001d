import type { Queryable } from './database.ts';

/** Statements that put default privileges aside, and back. */
export interface DefaultPrivileges {
  readonly aside: readonly string[];
  readonly back: readonly string[];
}

/**
 * What a role creates gets its default privileges (ALTER DEFAULT PRIVILEGES), and a dump tells only of privileges that
 * differ from PostgreSQL's own defaults: objects restored under others would come back with more, or fewer, than they
 * had. Those of all roles that the session's may act for, since the sequence of an identity column is made by the
 * table's owner. The owner's own rights are left alone.
 */
export async function readDefaultPrivileges(session: Queryable): Promise<DefaultPrivileges> {
  const { rows } = await session.query<{ granted: string; revoked: string; given: boolean }>(
    `with own as (
       select d.*,
              pg_catalog.format('for role %I ', pg_catalog.pg_get_userbyid(d.defaclrole)) ||
                case when n.oid is null then '' else pg_catalog.format('in schema %I ', n.nspname) end as place,
              case d.defaclobjtype when 'r' then 'tables' when 'S' then 'sequences' when 'f' then 'functions'
                   when 'T' then 'types' when 'n' then 'schemas' end as kind
         from pg_catalog.pg_default_acl d
         left join pg_catalog.pg_namespace n on n.oid = d.defaclnamespace
        where pg_catalog.pg_has_role(d.defaclrole, 'usage')),
     privilege as (
       select own.place, own.kind, x.privilege_type as name, x.is_grantable as grantable, true as given,
              case when x.grantee = 0 then 'public' else pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(x.grantee)) end as grantee
         from own, pg_catalog.aclexplode(own.defaclacl) x
        where x.grantee <> own.defaclrole
          and not (own.defaclnamespace = 0 and x.grantee = 0 and own.defaclobjtype in ('f', 'T'))
       union all
       -- What everybody may do by PostgreSQL's own defaults, and was taken away.
       select own.place, own.kind, case own.defaclobjtype when 'f' then 'EXECUTE' else 'USAGE' end, false, false, 'public'
         from own
        where own.defaclnamespace = 0 and own.defaclobjtype in ('f', 'T')
          and not exists (select from pg_catalog.aclexplode(own.defaclacl) x where x.grantee = 0))
     select pg_catalog.format('alter default privileges %sgrant %s on %s to %s%s', place, name, kind, grantee,
                              case when grantable then ' with grant option' else '' end) as granted,
            pg_catalog.format('alter default privileges %srevoke %s on %s from %s', place, name, kind, grantee) as revoked,
            given
       from privilege`,
  );
  return {
    aside: rows.map(({ granted, revoked, given }) => (given ? revoked : granted)),
    back: rows.map(({ granted, revoked, given }) => (given ? granted : revoked)),
  };
}
