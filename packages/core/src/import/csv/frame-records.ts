import { AppError } from '../../errors.ts';
import { type FieldPlaces, placeList } from './field-place.ts';
import { CR, type Flaw, type Grammar, LF, type Scanned, scanRecord } from './scan-record.ts';

/** The longest record that is read, in bytes of UTF-8. One quote that is never closed may make a file into one record. */
export const RECORD_LIMIT_BYTES = 16 * 1024 * 1024;

/** Whole records of a stream, one after the other, and where they lie in `bytes`. */
export interface Frame {
  readonly bytes: Buffer;
  readonly records: readonly FramedRecord[];
  /** Of the fields of those records that have as many as they should, and no flaw. */
  readonly places: FieldPlaces;
}

export interface FramedRecord {
  readonly start: number;
  /** Where its content ends, and its line end begins. */
  readonly end: number;
  /** Of its first physical line, from 1. */
  readonly line: number;
  readonly fields: number;
  /** Where the places of its fields begin in those of the frame. */
  readonly placesAt: number;
  readonly flaw: Flaw | undefined;
}

export interface FrameOptions {
  /** The number of the first line of the stream. */
  readonly firstLine: number;
  /** As many fields as a record should have. */
  readonly columns: number;
  readonly limitBytes: number;
}

/**
 * Cuts a stream of UTF-8 into records, a frame for about each chunk. Holds one record at the most, and throws
 * `InvalidInput` for a line of more than `limitBytes`; a record that is too long because of a quote costs its first
 * line, like any other flaw.
 */
export async function* frameRecords(
  chunks: AsyncIterable<Uint8Array>,
  grammar: Grammar,
  { firstLine, columns, limitBytes }: FrameOptions,
): AsyncGenerator<Frame> {
  const places = placeList(columns);
  let line = firstLine;
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  /** Below this many bytes the record that is held was found unfinished: a long one is not scanned for every chunk. */
  let tried = 0;
  for await (const chunk of chunks) {
    held.push(chunk);
    heldBytes += chunk.length;
    if (heldBytes < Math.min(tried * 2, limitBytes)) continue;
    const bytes = Buffer.concat(held);
    const { rest, ...frame } = frameOf(bytes, false);
    held = [rest];
    heldBytes = rest.length;
    tried = heldBytes;
    if (frame.records.length > 0) yield frame;
  }
  const { rest: _, ...frame } = frameOf(Buffer.concat(held), true);
  if (frame.records.length > 0) yield frame;

  function frameOf(bytes: Buffer, all: boolean): Frame & { readonly rest: Buffer } {
    const records: FramedRecord[] = [];
    places.cut(0);
    let start = 0;
    while (start < bytes.length) {
      const placesAt = places.open();
      const tooLong = bytes.length - start > limitBytes;
      const scanned = scanRecord(bytes, start, grammar, all, places) ?? (tooLong ? cutShort(bytes, start) : undefined);
      if (scanned === undefined || scanned.flaw !== undefined || scanned.fields !== columns) places.cut(placesAt);
      if (scanned === undefined) break;
      const { end, next, lines, fields, flaw } = scanned;
      if (end - start > limitBytes) throw lineTooLong();
      records.push({ start, end, line, fields, placesAt, flaw });
      line += lines;
      start = next;
    }
    return { bytes, records, places: places.copy(), rest: bytes.subarray(start) };
  }

  /** The first line of a record that has no end within the limit. */
  function cutShort(bytes: Buffer, start: number): Scanned {
    const isEnd = (byte: number, at: number) =>
      byte === LF || (byte === CR && (grammar.loneCr || bytes[start + at + 1] === LF));
    const length = bytes.subarray(start, start + limitBytes).findIndex(isEnd);
    if (length === -1) throw lineTooLong();
    const end = start + length;
    const next = end + (bytes[end] === CR && bytes[end + 1] === LF ? 2 : 1);
    return { end, next, lines: 1, fields: 0, flaw: 'unclosed quote' };
  }

  function lineTooLong(): AppError {
    return new AppError(
      'InvalidInput',
      `line ${line} is longer than ${limitBytes} bytes, the limit of a record: is this delimited text?`,
      { line, limitBytes },
    );
  }
}
