import { freeChunk } from '../../storage/free-chunk.ts';
import { RECORD_LIMIT_BYTES } from '../csv/frame-records.ts';
import type { SplitBatch, SplitOptions } from '../csv/split-records.ts';
import { documentCutter } from './cut-document.ts';
import { lineCutter, takeLine } from './cut-lines.ts';
import type { JsonShape } from './json-shape.ts';
import { scanOf } from './scan.ts';
import { type ObjectScanner, objectScanner, storesJson } from './scan-object.ts';
import { type RecordTaker, recordTaker } from './take-records.ts';

/** Where a column of a load has its values. */
export interface JsonColumn {
  readonly name: string;
  /** Its key; where there is none, it is the name. */
  readonly header: string | undefined;
  /** As SQL writes it. */
  readonly sqlType: string;
}

/**
 * Finds the records of a text of JSON and where their values lie, in bounded memory; no number becomes a number here,
 * so none is altered. `text` is the whole file in UTF-8 (`toUtf8`). Every record is in one batch, as a record or as a
 * reject: what is no object, has a key twice, or what PostgreSQL cannot store (\u0000, half a surrogate pair, more than
 * 512 levels, NaN where JSON is stored); and each line of NDJSON that is no JSON. A key that is missing is NULL; one
 * without a column is told (`lateKey`).
 *
 * Throws `InvalidInput`, with line and column (counted in bytes), where a document is not JSON or has no array at the
 * path: what follows could be anything. And for a record beyond `limitBytes`, and what `text` throws.
 */
export function splitJson(
  text: AsyncIterable<Uint8Array>,
  shape: JsonShape,
  columns: readonly JsonColumn[],
  { nullWords, ...options }: SplitOptions & ObjectStreamOptions = {},
): AsyncGenerator<SplitBatch> {
  return takeObjects(text, shape, recordTaker(scannerOf(columns, nullWords), shape.encoding), options);
}

/** A text that is one row, such as a reject that was corrected: a record, a reject, or a blank row. */
export async function* splitJsonRow(
  text: AsyncIterable<Uint8Array>,
  columns: readonly JsonColumn[],
  { nullWords }: Pick<SplitOptions, 'nullWords'> = {},
): AsyncGenerator<SplitBatch> {
  const taker = recordTaker(scannerOf(columns, nullWords), 'utf-8');
  const scan = scanOf(await Array.fromAsync(text), true);
  takeLine(taker, scan, { start: 0, end: scan.size, line: 1 });
  const batch = taker.batch();
  if (batch !== undefined) yield batch;
}

/** Finds the values of these columns by their keys. */
export function scannerOf(columns: readonly JsonColumn[], nullWords: readonly string[] = []): ObjectScanner {
  const keys = columns.map(({ name, header, sqlType }) => ({
    key: header ?? name,
    storesJson: storesJson(sqlType),
  }));
  return objectScanner(keys, { nullWords: nullWords.map((word) => Buffer.from(word)), grows: false });
}

export interface ObjectStreamOptions extends Pick<SplitOptions, 'limitBytes'> {
  /** Whether the text is the beginning of another: a record that it breaks off within is left out. */
  readonly isBeginning?: boolean;
}

/** The same, for whoever takes the records: what it throws ends it. */
export async function* takeObjects<Batch>(
  text: AsyncIterable<Uint8Array>,
  { framing, path }: JsonShape,
  taker: RecordTaker<Batch>,
  { limitBytes = RECORD_LIMIT_BYTES, isBeginning = false }: ObjectStreamOptions = {},
): AsyncGenerator<Batch> {
  const cutter =
    framing === 'lines'
      ? lineCutter(taker, limitBytes)
      : documentCutter(taker, framing === 'array' ? path : undefined, limitBytes);
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  /** Of the scan before, where nobody has it any more. */
  let memory: Buffer | undefined;
  /** Below this many bytes what is held was found unfinished: a long record is not scanned for every chunk. */
  let tried = 0;
  for await (const chunk of text) {
    held.push(chunk);
    heldBytes += chunk.length;
    if (heldBytes >= Math.min(tried * 2, limitBytes)) yield* split(false);
  }
  if (!isBeginning) yield* split(true);

  function* split(whole: boolean): Generator<Batch> {
    const scan = scanOf(held, whole, memory);
    const rest = yield* cutter(scan);
    const batch = taker.batch();
    if (batch !== undefined) yield batch;
    const left = scan.bytes.subarray(rest, scan.size);
    if (taker.keepsBytes) {
      held = [left];
    } else {
      held.forEach(freeChunk);
      held = [Buffer.from(left)];
      memory = scan.bytes;
    }
    heldBytes = scan.size - rest;
    tried = heldBytes;
  }
}
