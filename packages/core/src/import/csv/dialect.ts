import { AppError } from '../../errors.ts';
import type { Encoding } from '../text/encoding.ts';

/** How rows end. `lf` and `crlf` each take the other, too; a lone CR ends a row only in `cr` and `mixed`. */
export type LineEnd = 'lf' | 'crlf' | 'cr' | 'mixed';

/** All that it takes to read a file of delimited text. Its parts follow each other: preamble, header, rows, footer. */
export interface Dialect {
  readonly encoding: Encoding;
  /** Whether the text begins with one; it is no part of the first field. */
  readonly byteOrderMark: boolean;
  readonly lineEnd: LineEnd;
  /** One character or more. */
  readonly delimiter: string;
  /** One ASCII character, or nothing: then quotes are characters like any other. */
  readonly quote: string | null;
  /** What stands before a quote that is part of a value: the quote itself, another ASCII character, or nothing without `quote`. */
  readonly escape: string | null;
  /** Physical lines before the header. */
  readonly skipLines: number;
  /** Rows that name the columns, blank ones among them; 0 for none. */
  readonly headerRows: number;
  /** Physical lines after the last row. */
  readonly footerLines: number;
  /** Fields of a row; 0 only where there is no row. */
  readonly columns: number;
}

/** What a person tells of a dialect; the rest is found. */
export type ToldDialect = { readonly [P in keyof Omit<Dialect, 'columns' | 'byteOrderMark'>]?: Dialect[P] | undefined };

/** Throws `InvalidInput` for characters that cannot do what they are told to. */
export function refuseImpossible({ delimiter, quote, escape: escapeBy }: ToldDialect): void {
  if (delimiter !== undefined && (delimiter === '' || /[\r\n\0]/.test(delimiter))) {
    throw new AppError(
      'InvalidInput',
      `expected a delimiter of one character or more, and no line break, got ${JSON.stringify(delimiter)}`,
    );
  }
  for (const [name, character] of Object.entries({ quote, escape: escapeBy })) {
    if (typeof character === 'string' && !/^[!-~]$/.test(character)) {
      throw new AppError(
        'InvalidInput',
        `expected one printable ASCII character as ${name}, or none, got ${JSON.stringify(character)}`,
      );
    }
    if (typeof character === 'string' && delimiter?.includes(character)) {
      throw new AppError('InvalidInput', `${JSON.stringify(character)} cannot be both ${name} and delimiter`);
    }
  }
  if (quote === null && typeof escapeBy === 'string') {
    throw new AppError('InvalidInput', 'without a quote there is nothing to escape: leave the escape out');
  }
}
