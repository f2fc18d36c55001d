import { AppError } from '../errors.ts';

/**
 * The one place where a name from outside becomes SQL text: always quoted, whatever the name. PostgreSQL's own rule
 * (Lexical Structure, "Identifiers and Key Words"): double quotes doubled, and no NUL.
 */
export function quoteIdentifier(name: string): string {
  if (name === '' || name.includes('\0')) {
    throw new AppError('InvalidInput', `${JSON.stringify(name)} is not a legal PostgreSQL identifier`);
  }
  return `"${name.replaceAll('"', '""')}"`;
}

/** `"schema"."name"`, for SQL and for the patterns of pg_dump's --table and --exclude-table alike. */
export function quoteQualified(schema: string, name: string): string {
  return `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`;
}

/** A string literal that reads the same whatever `standard_conforming_strings` says. */
export function quoteLiteral(text: string): string {
  return `E'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

/**
 * The statement with its parameters `$1`, `$2` … written out, for a client that cannot bind them. The statement is
 * ours: none of its own literals holds a `$` and a digit.
 */
export function inlineParameters(sql: string, params: readonly unknown[]): string {
  return params.length === 0
    ? sql
    : sql.replaceAll(/\$(\d+)/g, (_, position) => literalOf(params[Number(position) - 1]));
}

function literalOf(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return quoteLiteral(value);
  if (Array.isArray(value)) return `array[${value.map(literalOf).join(', ')}]`;
  throw new TypeError(`no SQL literal for a ${typeof value}`);
}
