import { whyNotCopyReadable } from './csv/copy-readable.ts';
import type { Dialect } from './csv/dialect.ts';
import { type SplitBatch, splitRecords } from './csv/split-records.ts';
import type { Inspection } from './inspect.ts';
import { toUtf8 } from './text/to-utf8.ts';
import type { Decimal } from './types/column-type.ts';
import type { Column } from './types/infer-columns.ts';

/** How a file is read: all that an import knows of it before it loads. */
export interface Reading {
  readonly dialect: Dialect;
  readonly decimal: Decimal;
  readonly nullWords: readonly string[];
  readonly columns: readonly Column[];
  /** Whether the columns go where their names say; else by their position. */
  readonly named: boolean;
  /** Why the bytes cannot go to COPY as they are, wherever they go; nothing where they may. */
  readonly notCopied: string | undefined;
  /** The rows of the decompressed content. Throws what `splitRecords` throws. */
  readonly records: (bytes: AsyncIterable<Uint8Array>) => AsyncIterable<SplitBatch>;
  readonly warnings: readonly string[];
}

/** Delimited text is read as it was found. */
export function textReading(inspection: Inspection): Reading {
  const { dialect, decimal, nullWords, columns, rejects, blankRows, warnings } = inspection;
  return {
    dialect,
    decimal,
    nullWords,
    columns,
    named: dialect.headerRows > 0,
    notCopied:
      whyNotCopyReadable(dialect) ??
      (rejects.length > 0 ? 'some rows cannot be read' : undefined) ??
      (blankRows > 0 ? 'it has blank rows' : undefined),
    records: (bytes) => splitRecords(toUtf8(bytes, dialect.encoding), dialect, { nullWords }),
    warnings,
  };
}
