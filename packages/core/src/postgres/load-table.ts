import { AppError } from '../errors.ts';
import type { Queryable } from './database.ts';
import { quoteQualified } from './quote.ts';
import type { RelationName } from './source-tables.ts';

/** A table that is there, as far as rows are loaded into it. */
export interface LoadTable {
  readonly oid: number;
  readonly kind: 'r' | 'p';
  /** In order; without those that were dropped. */
  readonly columns: readonly LoadTableColumn[];
  /** Foreign keys of other tables that point here. */
  readonly referencedBy: readonly Reference[];
}

export interface LoadTableColumn {
  readonly name: string;
  /** As SQL writes it, such as `numeric(10,2)`. */
  readonly type: string;
  /** Its value is computed by the server. */
  readonly generated: boolean;
}

export interface Reference {
  /** As SQL writes it. */
  readonly table: string;
  /** Whether emptying this table would delete or change that one's rows. */
  readonly cascades: boolean;
}

/**
 * Where a table of this name is, or would be created: along the search path, as SQL does it. Throws `NotFound` for a
 * schema that is not there.
 */
export async function placeOf(
  db: Queryable,
  { schema, name }: { schema?: string; name: string },
): Promise<RelationName> {
  const { rows } = await db.query<{ schema: string | null }>(
    schema === undefined
      ? `select coalesce(
           (select n.nspname from unnest(current_schemas(false)) with ordinality as path(schema, rank)
              join pg_catalog.pg_namespace n on n.nspname = path.schema
              join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = $1
             order by rank limit 1), current_schema())::text as schema`
      : 'select (select nspname::text from pg_catalog.pg_namespace where nspname = $1) as schema',
    [schema ?? name],
  );
  const found = rows[0]?.schema;
  if (found) return { schema: found, name };
  throw new AppError(
    'NotFound',
    schema === undefined
      ? 'no schema of the search_path exists: name one, as in --table schema.table'
      : `there is no schema ${JSON.stringify(schema)}: create it, or name another`,
  );
}

const KINDS: Readonly<Record<string, string>> = {
  v: 'a view: import into the table behind it',
  m: 'a materialized view: import into a table that it reads',
  f: 'a foreign table: import into the table where it is',
  S: 'a sequence',
  c: 'a type',
  i: 'an index',
  I: 'an index',
};

/** The table, or nothing where no relation has the name. Throws `InvalidInput` for one that takes no rows. */
export async function findLoadTable(db: Queryable, { schema, name }: RelationName): Promise<LoadTable | undefined> {
  const { rows } = await db.query<Omit<LoadTable, 'kind'> & { kind: string }>(
    `select c.oid::int8 as oid, c.relkind as kind,
            (select coalesce(json_agg(json_build_object(
                      'name', a.attname, 'type', pg_catalog.format_type(a.atttypid, a.atttypmod),
                      'generated', a.attgenerated <> '') order by a.attnum), '[]')
               from pg_catalog.pg_attribute a
              where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns,
            (select coalesce(json_agg(json_build_object(
                      'table', k.conrelid::pg_catalog.regclass::text, 'cascades', k.confdeltype in ('c', 'n', 'd'))
                      order by k.conrelid::pg_catalog.regclass::text), '[]')
               from pg_catalog.pg_constraint k
              where k.contype = 'f' and k.confrelid = c.oid and k.conrelid <> c.oid and k.conparentid = 0)
              as "referencedBy"
       from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where n.nspname = $1 and c.relname = $2`,
    [schema, name],
  );
  const [found] = rows;
  if (!found) return undefined;
  if (found.kind === 'r' || found.kind === 'p') return { ...found, kind: found.kind };
  throw new AppError('InvalidInput', `${quoteQualified(schema, name)} is ${KINDS[found.kind] ?? 'no table'}`);
}
