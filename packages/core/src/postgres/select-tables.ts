import { AppError } from '../errors.ts';
import type { Queryable } from './database.ts';
import { quoteQualified } from './quote.ts';
import type { RelationName, SourceTable } from './source-tables.ts';

/**
 * Reads a table's name as SQL does: parts separated by dots, a part in double quotes taken to the letter, any other
 * folded to lower case. Unlike SQL, an unquoted part may hold any character but a dot. Throws `InvalidInput`.
 */
export function parseTableName(text: string): { schema?: string; name: string } {
  const parts: string[] = [];
  let rest = text;
  for (;;) {
    const [all, quoted, plain = ''] = /^(?:"((?:[^"]|"")+)"|([^".]+))(?=\.|$)/s.exec(rest) ?? [];
    if (all === undefined) {
      throw new AppError(
        'InvalidInput',
        `${JSON.stringify(text)} is not a table name. Expected table, schema.table, or "Any Name" in double quotes`,
      );
    }
    parts.push(quoted?.replaceAll('""', '"') ?? plain.toLowerCase());
    if (all.length === rest.length) break;
    rest = rest.slice(all.length + 1);
  }
  const [schema, name, ...more] = parts.length === 1 ? [undefined, parts[0]] : parts;
  if (name === undefined || more.length > 0) {
    throw new AppError('InvalidInput', `${JSON.stringify(text)} has too many parts. Expected table or schema.table`);
  }
  return schema === undefined ? { name } : { schema, name };
}

/**
 * The tables that `requested` names, each once. A name without a schema is looked up along the session's search path,
 * as in SQL. A name that matches nothing is an error that lists what comes close: throws `NotFound`, `InvalidInput`.
 */
export async function resolveTables(
  db: Queryable,
  tables: readonly SourceTable[],
  requested: readonly string[],
): Promise<SourceTable[]> {
  const { rows } = await db.query<{ path: string[] }>('select current_schemas(false)::text[] as path');
  const path = rows[0]?.path ?? [];
  const found = new Set<SourceTable>();
  for (const text of requested) {
    const { schema, name } = parseTableName(text);
    const table = (schema === undefined ? path : [schema])
      .map((candidate) => tables.find((other) => other.schema === candidate && other.name === name))
      .find((candidate) => candidate !== undefined);
    if (!table) throw noSuchTable(text, name, tables);
    found.add(table);
  }
  return [...found];
}

/** `roots`, as they stand among `tables`, with all their partitions and inheriting tables. Throws `NotFound`. */
export async function withDescendants(
  db: Queryable,
  tables: readonly SourceTable[],
  roots: readonly RelationName[],
): Promise<SourceTable[]> {
  const oids = roots.map(({ schema, name }) => {
    const table = tables.find((other) => other.schema === schema && other.name === name);
    if (!table) throw noSuchTable(quoteQualified(schema, name), name, tables);
    return table.oid;
  });
  const { rows } = await db.query<{ oid: number }>(
    `with recursive family(oid) as (
       select unnest($1::oid[])
       union
       select i.inhrelid from pg_catalog.pg_inherits i join family on i.inhparent = family.oid)
     select oid::int8 as oid from family`,
    [oids],
  );
  const family = new Set(rows.map((row) => row.oid));
  return tables.filter((table) => family.has(table.oid));
}

function noSuchTable(text: string, name: string, tables: readonly SourceTable[]): AppError {
  const fold = (value: string) => value.normalize('NFC').toLowerCase();
  const close = tables.filter((table) => fold(table.name) === fold(name)).map((table) => table.display);
  const hint = close.length > 0 ? `. Did you mean ${close.slice(0, 5).join(' or ')}?` : '';
  return new AppError('NotFound', `the source has no table ${text}${hint}`, { table: text, candidates: close });
}
