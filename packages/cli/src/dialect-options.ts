import { readFile } from 'node:fs/promises';
import { AppError, isAppError } from '@datasens/core/errors.ts';
import type { LineEnd, ToldDialect } from '@datasens/core/import/csv/dialect.ts';
import { ENCODINGS, type Encoding, findEncoding } from '@datasens/core/import/text/encoding.ts';
import type { Decimal, WantedTypes } from '@datasens/core/import/types/column-type.ts';
import { type DateFormat, parseDateFormat } from '@datasens/core/import/types/date-format.ts';
import { parseWantedTypes } from '@datasens/core/import/types/infer-columns.ts';
import { type Command, InvalidArgumentError, Option } from 'commander';

/** What a person can say of a file; whatever is not given is found. */
export interface DialectOptions {
  readonly delimiter?: string;
  readonly quote?: string | null;
  readonly escape?: string | null;
  readonly lineEnd?: LineEnd;
  readonly encoding?: Encoding;
  readonly header?: number;
  readonly skip?: number;
  readonly footer?: number;
  readonly records?: string;
  readonly null: readonly string[];
  readonly decimal?: Decimal;
  readonly dateFormat?: DateFormat;
  readonly types: string;
}

export function addDialectOptions(command: Command): Command {
  return command
    .option('--delimiter <text>', 'what separates fields: one character or more; \\t or tab for a tab', parseCharacters)
    .option('--quote <character>', 'what values may stand in, or none', parseCharacterOrNone)
    .option(
      '--escape <character>',
      'what stands before a quote within a value: the quote itself, or \\',
      parseCharacterOrNone,
    )
    .addOption(new Option('--line-end <kind>', 'how rows end').choices(['lf', 'crlf', 'cr', 'mixed']))
    .option('--encoding <name>', ENCODINGS.join(', '), parseEncoding)
    .option('--header <n>', 'rows that name the columns, or none', parseHeader)
    .option('--skip <n>', 'lines before the header', parseLines)
    .option('--footer <n>', 'lines after the last row', parseLines)
    .option('--records <path>', 'of JSON, where the array of the records is: data.items; . is the top')
    .option('--null <word>', 'an unquoted word that means NULL, beside the empty field; may be repeated', collect, [])
    .addOption(new Option('--decimal <sign>', 'the decimal sign').choices(['.', ',']))
    .option('--date-format <format>', 'how dates are written, as in DD/MM/YYYY', parseDate)
    .option('--types <types>', 'infer, text, or a JSON file: {"column": "type"}', 'infer');
}

export function toldDialect({ header, skip, footer, ...options }: DialectOptions): ToldDialect {
  const { delimiter, quote, escape: escapeBy, lineEnd, encoding } = options;
  return {
    delimiter,
    quote,
    escape: escapeBy,
    lineEnd,
    encoding,
    headerRows: header,
    skipLines: skip,
    footerLines: footer,
  };
}

/** Throws `InvalidInput`, or `NotFound` where there is no such file. */
export async function readWantedTypes({ types }: DialectOptions): Promise<WantedTypes> {
  if (types === 'infer' || types === 'text') return types;
  const json = await readFile(types, 'utf8').catch((error: unknown) => {
    throw new AppError('NotFound', `--types: expected infer, text or a JSON file, and ${types} cannot be read`, {
      cause: error,
    });
  });
  return parseWantedTypes(json);
}

function parseCharacters(value: string): string {
  return value === '\\t' || value === 'tab' ? '\t' : value;
}

function parseCharacterOrNone(value: string): string | null {
  if (value === 'none') return null;
  if (value.length !== 1) throw new InvalidArgumentError('Expected one character, or none.');
  return value;
}

function parseEncoding(value: string): Encoding {
  const encoding = findEncoding(value);
  if (encoding === undefined) throw new InvalidArgumentError(`Expected one of ${ENCODINGS.join(', ')}.`);
  return encoding;
}

function parseHeader(value: string): number {
  return value === 'none' ? 0 : parseLines(value);
}

function parseLines(value: string): number {
  if (!/^\d{1,6}$/.test(value)) throw new InvalidArgumentError('Expected a whole number.');
  return Number(value);
}

function parseDate(value: string): DateFormat {
  try {
    return parseDateFormat(value);
  } catch (error) {
    throw isAppError(error) ? new InvalidArgumentError(error.message) : error;
  }
}

function collect(value: string, previous: readonly string[]): string[] {
  return [...previous, value];
}
