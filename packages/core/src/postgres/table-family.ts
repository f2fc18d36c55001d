import type { Queryable } from './database.ts';
import type { RelationName } from './source-tables.ts';

/**
 * The tables, those that are not there too, with all that rows of theirs may lie in or belong to: what they are
 * partitions of or inherit from, and what is a partition of them or inherits from them, at any distance.
 */
export async function withFamily(db: Queryable, tables: readonly RelationName[]): Promise<RelationName[]> {
  const { rows } = await db.query<RelationName>(
    `with recursive named(oid) as (
       select c.oid from unnest($1::text[], $2::text[]) as t(schema, name)
         join pg_catalog.pg_namespace n on n.nspname = t.schema
         join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = t.name),
     up(oid) as (
       select oid from named
       union select i.inhparent from pg_catalog.pg_inherits i join up on up.oid = i.inhrelid),
     down(oid) as (
       select oid from named
       union select i.inhrelid from pg_catalog.pg_inherits i join down on down.oid = i.inhparent)
     select n.nspname as schema, c.relname as name
       from (select oid from up union select oid from down) as family
       join pg_catalog.pg_class c using (oid) join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     union select t.schema::name, t.name::name from unnest($1::text[], $2::text[]) as t(schema, name)
     order by schema, name`,
    [tables.map(({ schema }) => schema), tables.map(({ name }) => name)],
  );
  return rows;
}
