import type { Queryable } from './database.ts';
import type { RelationName } from './source-tables.ts';

/** The tables that are there, those they are partitions of, and those they inherit from, at any distance. */
export async function withAncestors(db: Queryable, tables: readonly RelationName[]): Promise<RelationName[]> {
  const { rows } = await db.query<RelationName>(
    `with recursive up(oid) as (
       select c.oid from unnest($1::text[], $2::text[]) as t(schema, name)
         join pg_catalog.pg_namespace n on n.nspname = t.schema
         join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = t.name
       union
       select i.inhparent from pg_catalog.pg_inherits i join up on up.oid = i.inhrelid)
     select n.nspname as schema, c.relname as name
       from up join pg_catalog.pg_class c using (oid) join pg_catalog.pg_namespace n on n.oid = c.relnamespace`,
    [tables.map(({ schema }) => schema), tables.map(({ name }) => name)],
  );
  return rows;
}
