import * as z from 'zod';
import { AppError } from '../errors.ts';

/** What is sensitive whoever dumps or imports it, by source: all of it, or the tables that one of the patterns matches. */
export type SensitiveRules = ReadonlyMap<string, true | readonly string[]>;

const Rules = z.record(z.string(), z.union([z.literal(true), z.array(z.string().min(1)).min(1)]));

/** `{"crm": true, "default": ["t04_*", "rh.*"]}`. Throws `ConfigError` for anything else, and for a source not in `known`. */
export function parseSensitiveRules(text: string, name: string, known: ReadonlySet<string>): SensitiveRules {
  const fail = (problem: string) =>
    new AppError(
      'ConfigError',
      `${name}: ${problem}. Expected JSON: {"source": true, "other": ["schema.table", "t04_*"]}`,
    );
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw fail('not JSON');
  }
  const parsed = Rules.safeParse(json);
  if (!parsed.success) throw fail('not true, or a list of patterns, for each source');
  // A rule that protects nothing looks like one that protects.
  const unknown = Object.keys(parsed.data).filter((source) => !known.has(source));
  if (unknown.length > 0) throw fail(`no such source: ${unknown.join(', ')}`);
  return new Map(Object.entries(parsed.data));
}

/**
 * Whether a rule makes any of the tables sensitive. In a pattern `*` stands for any characters; one without a dot is of
 * the table's name in whatever schema. Letters match in either case: the mistake of more secrecy is the lesser one.
 */
export function isSensitive(
  rules: SensitiveRules,
  source: string,
  tables: readonly { readonly schema: string; readonly name: string }[],
): boolean {
  const rule = rules.get(source) ?? [];
  if (rule === true) return true;
  return rule.some((pattern) => {
    const matcher = matcherOf(pattern);
    return tables.some(({ schema, name }) => matcher.test(pattern.includes('.') ? `${schema}.${name}` : name));
  });
}

function matcherOf(pattern: string): RegExp {
  return new RegExp(`^${pattern.split('*').map(literally).join('.*')}$`, 'isu');
}

function literally(text: string): string {
  return text.replaceAll(/[\\^$.+?()[\]{}|]/g, '\\$&');
}
