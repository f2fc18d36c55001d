import { createHash } from 'node:crypto';
import type { Queryable } from '../postgres/database.ts';
import { PROOF_SETTINGS } from '../postgres/proof.ts';
import type { RelationName } from '../postgres/source-tables.ts';
import { withSettings } from '../postgres/with-settings.ts';

/** What makes the server print a definition in one way, whatever the session has set. */
const {
  statement_timeout: _1,
  idle_in_transaction_session_timeout: _2,
  row_security: _3,
  ...ONE_FORM
} = PROOF_SETTINGS;

/**
 * SHA-256, in lower-case hex, of what the tables are: columns in their order with types, defaults and collations;
 * constraints, indexes, triggers, rules, policies; partitioning and inheritance. Whatever the order of `tables`, and
 * whatever the session has set. Tables that are not there count for nothing, so that one that comes changes it; empty
 * where none is there. Rows, owners, grants, comments, and what types and functions are, leave it as it is.
 */
export async function schemaFingerprint(session: Queryable, tables: readonly RelationName[]): Promise<string> {
  const rows = await withSettings(session, ONE_FORM, () => describeTables(session, tables));
  if (rows.length === 0) return '';
  const lines = rows.map(({ table, part, name, definition }) => JSON.stringify([table, part, name, definition]));
  return createHash('sha256')
    .update(['datasens schema 1', ...lines].join('\n'))
    .digest('hex');
}

interface Part {
  readonly table: string;
  readonly part: string;
  readonly name: string;
  readonly definition: string;
}

async function describeTables(session: Queryable, tables: readonly RelationName[]): Promise<Part[]> {
  const { rows } = await session.query<Part>(
    `with given as (
       select c.*, c.oid as id, pg_catalog.format('%I.%I', n.nspname, c.relname) as "table"
         from (select distinct schema, name from unnest($1::text[], $2::text[]) as t(schema, name)) as wanted
         join pg_catalog.pg_namespace n on n.nspname = wanted.schema
         join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = wanted.name)
     select "table", part, name, definition from (
       select "table", '0 table' as part, '' as name, pg_catalog.json_build_array(
                relkind, relpersistence, relrowsecurity, relforcerowsecurity, pg_catalog.pg_get_partkeydef(id),
                pg_catalog.pg_get_expr(relpartbound, id),
                array(select pg_catalog.format('%I.%I', n.nspname, p.relname)
                        from pg_catalog.pg_inherits i join pg_catalog.pg_class p on p.oid = i.inhparent
                        join pg_catalog.pg_namespace n on n.oid = p.relnamespace
                       where i.inhrelid = id order by i.inhseqno))::text as definition
         from given
       union all
       select "table", '1 column',
              pg_catalog.lpad(row_number() over (partition by id order by a.attnum)::text, 5, '0'),
              pg_catalog.json_build_array(
                a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, a.attgenerated,
                a.attcollation::pg_catalog.regcollation::text, pg_catalog.pg_get_expr(d.adbin, d.adrelid))::text
         from given join pg_catalog.pg_attribute a on a.attrelid = id and a.attnum > 0 and not a.attisdropped
         left join pg_catalog.pg_attrdef d on d.adrelid = id and d.adnum = a.attnum
       union all
       select "table", '2 constraint', conname, pg_catalog.pg_get_constraintdef(k.oid)
         from given join pg_catalog.pg_constraint k on k.conrelid = id
       union all
       select "table", '3 index', i.indexrelid::pg_catalog.regclass::text, pg_catalog.pg_get_indexdef(i.indexrelid)
         from given join pg_catalog.pg_index i on i.indrelid = id
       union all
       select "table", '4 trigger', tgname, pg_catalog.concat(tgenabled, pg_catalog.pg_get_triggerdef(t.oid))
         from given join pg_catalog.pg_trigger t on t.tgrelid = id and not t.tgisinternal
       union all
       select "table", '5 rule', rulename, pg_catalog.concat(ev_enabled, pg_catalog.pg_get_ruledef(r.oid))
         from given join pg_catalog.pg_rewrite r on r.ev_class = id
       union all
       select "table", '6 policy', polname, pg_catalog.json_build_array(
                polcmd, polpermissive,
                array(select role::pg_catalog.regrole::text from unnest(polroles) as role order by role),
                pg_catalog.pg_get_expr(polqual, id), pg_catalog.pg_get_expr(polwithcheck, id))::text
         from given join pg_catalog.pg_policy p on p.polrelid = id) as parts
     order by "table" collate "C", part collate "C", name collate "C", definition collate "C"`,
    [tables.map(({ schema }) => schema), tables.map(({ name }) => name)],
  );
  return rows;
}
