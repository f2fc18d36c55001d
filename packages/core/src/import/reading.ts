import type { Dialect } from './csv/dialect.ts';
import type { Grammar } from './csv/scan-record.ts';
import type { LoadJob, LoadOutcome } from './load-job.ts';
import type { LoadColumn } from './plan-import.ts';
import type { RowPass } from './row-pass.ts';
import type { Source } from './source/source.ts';
import type { Decimal } from './types/column-type.ts';
import type { Column } from './types/infer-columns.ts';

/** How a file is read, whatever its format: all that an import knows of it before it loads. */
export interface Reading {
  readonly columns: readonly Column[];
  /** Whether the columns go where their names say; else by their position. */
  readonly named: boolean;
  readonly decimal: Decimal;
  /** Of the fields of its rows. */
  readonly grammar: Grammar;
  /** They go where an import's result goes, and quote no value. */
  readonly warnings: readonly string[];
  /** The fast path for these columns, or why there is none. */
  fastPath(columns: readonly LoadColumn[]): FastPath | { readonly because: string };
  /** Begins to read the rows, with a field for each of the columns. Throws what reading the format throws. */
  openRows(source: Source, columns: readonly LoadColumn[], signal: AbortSignal | undefined): Promise<RowPass>;
  /** The columns of all rows, where rows name their columns and later ones may name more. */
  findColumns?(source: Source, signal: AbortSignal | undefined): Promise<readonly Column[]>;
  /** How the text of a rejected row is to be read again. */
  readonly rejectsFormat: RejectsFormat;
}

export interface FastPath {
  load(job: LoadJob): Promise<LoadOutcome>;
}

/** A row of delimited text, or one object of JSON. */
export type RejectsFormat = DelimitedRejects | JsonRejects;

export interface JsonRejects {
  readonly format: 'json';
  readonly nullWords: readonly string[];
}

export interface DelimitedRejects {
  readonly dialect: Pick<Dialect, 'delimiter' | 'quote' | 'escape' | 'lineEnd'>;
  readonly decimal: Decimal;
  readonly nullWords: readonly string[];
}
