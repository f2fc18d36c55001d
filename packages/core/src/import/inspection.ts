import type { Dialect, ToldDialect } from './csv/dialect.ts';
import type { Finding } from './csv/finding.ts';
import type { CsvRecord } from './csv/read-records.ts';
import type { Reject } from './csv/reject.ts';
import type { Reading } from './reading.ts';
import type { Compression } from './source/compression.ts';
import type { Source } from './source/source.ts';
import type { Decimal, WantedTypes } from './types/column-type.ts';
import type { DateFormat } from './types/date-format.ts';
import type { Column } from './types/infer-columns.ts';

/** What a person says of a file; the rest is found. */
export interface InspectInput {
  readonly source: Source;
  readonly told?: ToldDialect;
  /** The way to the array of the records of a JSON document, such as `data.items`; `.` is the document itself. */
  readonly recordsPath?: string | undefined;
  readonly nullWords?: readonly string[];
  readonly decimal?: Decimal | undefined;
  readonly dateFormat?: DateFormat | undefined;
  readonly types?: WantedTypes;
}

/** What an import would make of a file, as far as a look at it tells. */
export interface Inspection {
  readonly uri: string;
  readonly sizeBytes: number;
  /** Found by its content, and by its name where that leaves it open. */
  readonly format: 'delimited' | 'json' | 'parquet';
  readonly compression: Compression;
  /** How it is written, by property; `findings` say why. */
  readonly dialect: object;
  readonly findings: readonly Finding[];
  /** What should be answered before an import. */
  readonly doubts: readonly string[];
  /** What is worth knowing, and stops nothing. */
  readonly warnings: readonly string[];
  /** Why COPY cannot load the stored bytes as they are; nothing where it can. */
  readonly notCopyReadable: string | undefined;
  readonly columns: readonly Column[];
  /** Of the sample. */
  readonly records: readonly Pick<CsvRecord, 'line' | 'values'>[];
  readonly rejects: readonly Reject[];
  readonly blankRows: number;
  /** Whether the sample is the whole file, and its numbers those of an import. */
  readonly complete: boolean;
  readonly reading: Reading;
  /** Of the stored bytes, where the look has read all of them. */
  readonly sha256?: string;
}

export interface DelimitedInspection extends Inspection {
  readonly dialect: Dialect;
  readonly decimal: Decimal;
  readonly nullWords: readonly string[];
  readonly records: readonly CsvRecord[];
}
