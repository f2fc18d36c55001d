import { readFile } from 'node:fs/promises';
import type * as z from 'zod';
import { AppError } from './errors.ts';

/** A file of settings, which a person writes; or what one would have. */
export interface SettingsFile {
  /** Of what has no file, the name of the variable that has it. */
  readonly path: string;
  /** What it has, where nothing needs reading. */
  readonly text?: string;
  /** Whether somebody has named it: then its absence is a mistake, not a choice. */
  readonly required: boolean;
}

/** Its text; undefined where there is none. Throws `ConfigError` for one that is missing, or cannot be read; `what` says what it has. */
export async function readSettingsText(
  { path, required, text }: SettingsFile,
  what: string,
): Promise<string | undefined> {
  if (text !== undefined) return text;
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' && !required) return undefined;
    throw new AppError('ConfigError', `${what} cannot be read from ${path} (${code})`, { cause: error, path });
  }
}

/** What a schema makes of the JSON of such a file. Throws `ConfigError` with all that is wrong with it, and where. */
export function parseSettings<Schema extends z.ZodType>(
  text: string,
  schema: Schema,
  { path, what }: { readonly path: string; readonly what: string },
): z.output<Schema> {
  const fail = (problem: string) => new AppError('ConfigError', `${what} in ${path}: ${problem}`, { path });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw fail(`no JSON (${(error as Error).message})`);
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path: at, message }) => `${at.join('.') || 'the file'}: ${message}`);
  throw fail(problems.join('; '));
}
