import pg from 'pg';

const INT8 = 20;
const TIMESTAMP = 1114;
const parsers: Record<number, (text: string) => unknown> = {
  [INT8]: parseCount,
  [TIMESTAMP]: parseUtcTimestamp,
};

/**
 * How values leave PostgreSQL: `bigint` as a number (an error beyond 2^53, never a rounded one), and a `timestamp`
 * without time zone, which is UTC throughout the audit tables, as ISO 8601 text with all of its microseconds.
 */
export const typeParsers: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    parsers[oid] ?? pg.types.getTypeParser(oid, format as 'text')) as typeof pg.types.getTypeParser,
};

function parseCount(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`${text} is beyond 2^53: select it as text`);
  return value;
}

function parseUtcTimestamp(text: string): string {
  return /^\d{4}-/.test(text) ? `${text.replace(' ', 'T')}Z` : text;
}
