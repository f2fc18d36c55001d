import * as z from 'zod';
import { AppError } from '../errors.ts';
import type { RelationName } from '../postgres/source-tables.ts';

/** Which tables nothing is written to without the approval of another person. */
export type ProtectedTables = readonly TablePattern[];

interface TablePattern {
  readonly schema: (name: string) => boolean;
  readonly table: (name: string) => boolean;
}

const EXPECTED = 'Expected schema.table patterns such as gold.*, separated by commas, or a JSON list of them';
/** PostgreSQL manual, appendix K, "Limits". */
const MOST_NAME_BYTES = 63;

/**
 * `gold.*,finance.t_*,"Été".ventes`, or a JSON list of such patterns; `[]` protects nothing. Names are read as SQL reads
 * them: what is in double quotes to the letter, all else in lower case; outside of quotes `*` stands for any characters.
 * Throws `ConfigError`, for a pattern that protects nothing looks like one that protects.
 */
export function parseProtectedTables(text: string, name: string): ProtectedTables {
  const patterns = text.trimStart().startsWith('[') ? fromJson(text, name) : splitList(text, name);
  return patterns.map((pattern) => parsePattern(pattern, name));
}

/** What is protected where nobody says so. */
export const DEFAULT_PROTECTED = parseProtectedTables('gold.*', 'the default');

/** Those of the tables that are protected; their names are what the server has, unquoted. */
export function protectedAmong(rules: ProtectedTables, tables: readonly RelationName[]): RelationName[] {
  return tables.filter(({ schema, name }) => rules.some((rule) => rule.schema(schema) && rule.table(name)));
}

function fromJson(text: string, name: string): string[] {
  try {
    return z.array(z.string()).parse(JSON.parse(text));
  } catch {
    throw new AppError('ConfigError', `${name}: not a JSON list of strings. ${EXPECTED}`);
  }
}

/** At the commas outside of double quotes. */
function splitList(text: string, name: string): string[] {
  const parts = (text.match(/(?:"(?:[^"]|"")*"|[^,])+/g) ?? []).filter((part) => part.trim() !== '');
  if (parts.length > 0) return parts;
  throw new AppError('ConfigError', `${name}: it names nothing; [] is how to protect nothing. ${EXPECTED}`);
}

function parsePattern(pattern: string, name: string): TablePattern {
  const parts = /^\s*("(?:[^"]|"")+"|[^".]+)\.("(?:[^"]|"")+"|[^".]+?)\s*$/s.exec(pattern);
  const [schema, table] = (parts?.slice(1) ?? []).map((part) => partOf(part));
  if (schema && table) return { schema, table };
  throw new AppError('ConfigError', `${name}: ${JSON.stringify(pattern.trim())} is no such pattern. ${EXPECTED}`);
}

/** Undefined for what no name can match: the server keeps 63 bytes of one. */
function partOf(part: string): ((name: string) => boolean) | undefined {
  if (part.startsWith('"')) {
    const exact = part.slice(1, -1).replaceAll('""', '"');
    return Buffer.byteLength(exact) > MOST_NAME_BYTES ? undefined : (name) => name === exact;
  }
  if (Buffer.byteLength(part.replaceAll('*', '')) > MOST_NAME_BYTES) return undefined;
  // In a database of UTF8 the server folds ASCII alone, in others É as well: both are meant.
  const matchers = [part.replaceAll(/[A-Z]+/g, (letters) => letters.toLowerCase()), part.toLowerCase()].map(globOf);
  return (name) => matchers.some((matcher) => matcher.test(name));
}

function globOf(pattern: string): RegExp {
  return new RegExp(`^${pattern.split(/\*+/).map(literally).join('.*')}$`, 'su');
}

function literally(text: string): string {
  return text.replaceAll(/[\\^$.+?()[\]{}|]/g, '\\$&');
}
