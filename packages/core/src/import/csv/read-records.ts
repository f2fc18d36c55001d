import type { Dialect } from './dialect.ts';
import { fieldTexts } from './field-text.ts';
import type { Reject } from './reject.ts';
import { grammarOf } from './scan-record.ts';
import { type SplitOptions, splitRecords } from './split-records.ts';

export interface CsvRecord {
  /** Of its first physical line, from 1, counted from the beginning of the file. */
  readonly line: number;
  /** As many as the dialect has columns. What counts as NULL is null. */
  readonly values: readonly (string | null)[];
  /** Its UTF-8 bytes without its line end, a view that keeps the batch alive: see `rawText`. */
  readonly raw: Uint8Array;
}

/** Some of a file's records, in its order, but for the rejects that stood among them. */
export interface RecordBatch {
  readonly records: readonly CsvRecord[];
  readonly rejects: readonly Reject[];
  readonly blankRows: number;
}

/** The records of `splitRecords` with their values. */
export async function* readRecords(
  text: AsyncIterable<Uint8Array>,
  dialect: Dialect,
  options?: SplitOptions,
): AsyncGenerator<RecordBatch> {
  const grammar = grammarOf(dialect);
  const count = dialect.columns;
  for await (const { records, rejects, blankRows } of splitRecords(text, dialect, options)) {
    yield {
      records: records.map(({ line, bytes, start, end, places, placesAt: at }) => ({
        line,
        values: fieldTexts(bytes, places, { at, count }, grammar),
        raw: bytes.subarray(start, end),
      })),
      rejects,
      blankRows,
    };
  }
}
