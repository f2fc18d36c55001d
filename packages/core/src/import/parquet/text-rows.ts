import { BARE, NULL } from '../csv/field-place.ts';
import { type Reject, rawText } from '../csv/reject.ts';
import type { SplitBatch, SplitRecord } from '../csv/split-records.ts';
import type { EncodeValue } from './encode-value.ts';
import type { Meaning } from './meaning.ts';
import type { RowCursor, RowWindow, WindowColumn } from './row-cursor.ts';
import { emptySink, putAscii, putBytes, reserve, type Sink } from './sink.ts';
import { isCharacters, isJsonLiteral, valueText } from './value-text.ts';
import { endOf, startOf, type Values } from './values.ts';

export interface TextColumn {
  readonly name: string;
  readonly meaning: Meaning;
  /** Tells whether a value fits; nothing where the server is left to tell. */
  readonly check: EncodeValue | undefined;
}

/** A batch ends behind so many bytes or rows. */
const BATCH_BYTES = 1_048_576;
const BATCH_ROWS = 1_024;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE = 0x20;

/**
 * Rows as text that PostgreSQL reads, in the shape of delimited text that was split: the `line` of a record is its row,
 * from 1, and what stands from `start` to `end` is the row as a JSON object. Its places lie in there, too; where JSON
 * would have escapes, behind it. A row with a value that does not fit is a reject.
 */
export async function* textRows(cursor: RowCursor, columns: readonly TextColumn[]): AsyncGenerator<SplitBatch> {
  const writers = columns.map(fieldWriter);
  for (let window = await cursor.next(); window !== undefined; window = await cursor.next()) {
    const { batch, rows } = writeBatch(window, writers);
    yield batch;
    cursor.advance(rows);
  }
}

type Record = Omit<SplitRecord, 'bytes' | 'places'>;

function writeBatch(window: RowWindow, writers: readonly FieldWriter[]): { batch: SplitBatch; rows: number } {
  const sink = emptySink(BATCH_BYTES + BATCH_BYTES / 4);
  const places: number[] = [];
  const records: Record[] = [];
  const rejects: Reject[] = [];
  let rows = 0;
  for (; rows < Math.min(window.rows, BATCH_ROWS) && sink.size < BATCH_BYTES; rows += 1) {
    const line = window.firstRow + rows + 1;
    const start = sink.size;
    const placesAt = places.length;
    const reason = writeRow(window.columns, rows, { writers, sink, places });
    const end = sink.size;
    if (reason !== undefined) {
      rejects.push({ line, raw: rawText(sink.bytes.subarray(start, end)), reason });
      places.length = placesAt;
      continue;
    }
    writeAside(window.columns, rows, { writers, sink, places, placesAt });
    records.push({ line, start, end, placesAt });
  }
  const shared = { bytes: sink.bytes, places: Int32Array.from(places) };
  return { batch: { records: records.map((record) => ({ ...record, ...shared })), rejects, blankRows: 0 }, rows };
}

interface Rows {
  readonly writers: readonly FieldWriter[];
  readonly sink: Sink;
  readonly places: number[];
}

/** Returns why the row is a reject; nothing where it is none. */
function writeRow(columns: readonly WindowColumn[], row: number, { writers, sink, places }: Rows): string | undefined {
  let reason: string | undefined;
  for (let column = 0; column < writers.length; column += 1) {
    const { values, indices, from } = columns[column] as WindowColumn;
    const { name, label, check, put, isLiteral } = writers[column] as FieldWriter;
    const index = indices[from + row] as number;
    putBytes(sink, label, 0, label.length);
    if (index === -1) {
      places.push(NULL, 0, 0);
      putAscii(sink, 'null');
      continue;
    }
    const misfit = check(values, index);
    if (misfit !== undefined) reason ??= `${name}: ${misfit}`;
    const start = sink.size;
    put(values, index, sink);
    if (isLiteral(values, index)) {
      places.push(BARE, start, sink.size);
      continue;
    }
    const text = sink.bytes;
    if (isPlain(text, start, sink.size)) {
      reserve(sink, 2);
      sink.bytes.copyWithin(start + 1, start, sink.size);
      sink.bytes[start] = QUOTE;
      sink.bytes[sink.size + 1] = QUOTE;
      sink.size += 2;
      places.push(BARE, start + 1, sink.size - 1);
    } else {
      const json = Buffer.from(JSON.stringify(rawText(text.subarray(start, sink.size))));
      sink.size = start;
      putBytes(sink, json, 0, json.length);
      places.push(ASIDE, 0, 0);
    }
  }
  putAscii(sink, '}');
  return reason;
}

/** A place that is yet to be written. */
const ASIDE = -1;

/** Writes the values that JSON has but with escapes. */
function writeAside(
  columns: readonly WindowColumn[],
  row: number,
  { writers, sink, places, placesAt }: Rows & { readonly placesAt: number },
): void {
  for (let column = 0, at = placesAt; column < writers.length; column += 1, at += 3) {
    if (places[at] !== ASIDE) continue;
    const { values, indices, from } = columns[column] as WindowColumn;
    places[at] = BARE;
    places[at + 1] = sink.size;
    writers[column]?.put(values, indices[from + row] as number, sink);
    places[at + 2] = sink.size;
  }
}

function isPlain(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at] as number;
    if (byte < SPACE || byte === QUOTE || byte === BACKSLASH) return false;
  }
  return true;
}

interface FieldWriter {
  readonly name: string;
  /** What comes before its value in JSON. */
  readonly label: Buffer;
  check(values: Values, index: number): string | undefined;
  put(values: Values, index: number, sink: Sink): void;
  /** Whether the value stands in JSON as it is, without quotes. */
  isLiteral(values: Values, index: number): boolean;
}

function fieldWriter({ name, meaning, check }: TextColumn, index: number): FieldWriter {
  const text = valueText(meaning);
  // What is encoded here goes nowhere: it is but to be known that it can be.
  const trial = emptySink();
  return {
    name,
    label: Buffer.from(`${index === 0 ? '{' : ', '}${JSON.stringify(name)}: `),
    check(values, at) {
      trial.size = 0;
      return check?.(values, at, trial);
    },
    put: isCharacters(meaning)
      ? (values, at, sink) => putBytes(sink, values.bytes, startOf(values, at), endOf(values, at))
      : (values, at, sink) => putAscii(sink, text(values, at)),
    isLiteral: isJsonLiteral(meaning),
  };
}
