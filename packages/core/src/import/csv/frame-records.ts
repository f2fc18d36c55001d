import { AppError } from '../../errors.ts';
import { CR, type Grammar, LF, type Scanned, scanRecord } from './scan-record.ts';

/** The longest record that is read, in bytes of UTF-8. One quote that is never closed may make a file into one record. */
export const RECORD_LIMIT_BYTES = 16 * 1024 * 1024;

/** Whole records of a stream, one after the other, and where they lie in `bytes`. */
export interface Frame {
  readonly bytes: Buffer;
  readonly records: readonly FramedRecord[];
}

export interface FramedRecord extends Scanned {
  readonly start: number;
  /** Of its first physical line, from 1. */
  readonly line: number;
}

/**
 * Cuts a stream of UTF-8 into records, a frame for about each chunk. `firstLine` is the number of the first line of
 * the stream. Holds one record at the most, and throws `InvalidInput` for a line of more than `limitBytes`; a record
 * that is too long because of a quote costs its first line, like any other flaw.
 */
export async function* frameRecords(
  chunks: AsyncIterable<Uint8Array>,
  grammar: Grammar,
  {
    firstLine = 1,
    limitBytes = RECORD_LIMIT_BYTES,
  }: { readonly firstLine?: number; readonly limitBytes?: number } = {},
): AsyncGenerator<Frame> {
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
    const frame = frameOf(bytes, false);
    held = [frame.rest];
    heldBytes = frame.rest.length;
    tried = heldBytes;
    if (frame.records.length > 0) yield { bytes, records: frame.records };
  }
  const bytes = Buffer.concat(held);
  const { records } = frameOf(bytes, true);
  if (records.length > 0) yield { bytes, records };

  function frameOf(bytes: Buffer, all: boolean): { records: FramedRecord[]; rest: Buffer } {
    const records: FramedRecord[] = [];
    let start = 0;
    while (start < bytes.length) {
      const tooLong = bytes.length - start > limitBytes;
      const scanned = scanRecord(bytes, start, grammar, all) ?? (tooLong ? cutShort(bytes, start) : undefined);
      if (scanned === undefined) break;
      if (scanned.end - start > limitBytes) throw lineTooLong();
      records.push(Object.assign(scanned, { start, line }));
      line += scanned.lines;
      start = scanned.next;
    }
    return { records, rest: bytes.subarray(start) };
  }

  /** The first line of a record that has no end within the limit. */
  function cutShort(bytes: Buffer, start: number): Scanned {
    const isEnd = (byte: number, at: number) =>
      byte === LF || (byte === CR && (grammar.loneCr || bytes[start + at + 1] === LF));
    const length = bytes.subarray(start, start + limitBytes).findIndex(isEnd);
    if (length === -1) throw lineTooLong();
    const end = start + length;
    const next = end + (bytes[end] === CR && bytes[end + 1] === LF ? 2 : 1);
    return { end, next, lines: 1, fields: 0, flaw: 'unclosed quote', loneEscape: false, quotedEmpty: false };
  }

  function lineTooLong(): AppError {
    return new AppError(
      'InvalidInput',
      `line ${line} is longer than ${limitBytes} bytes, the limit of a record: is this delimited text?`,
      { line, limitBytes },
    );
  }
}
