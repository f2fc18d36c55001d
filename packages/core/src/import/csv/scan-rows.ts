import { RECORD_LIMIT_BYTES } from './frame-records.ts';
import { CR, type Grammar, LF } from './scan-record.ts';

/** Why COPY may not read some bytes as our reader does; `column` where a value is none of its column's type. */
export interface Oddity {
  readonly because: string;
  readonly column?: number;
}

export interface RowScan {
  /** Takes the next bytes. The first oddity ends the scan. */
  take(chunk: Uint8Array): Oddity | undefined;
  /** There are no more bytes. */
  end(): Oddity | undefined;
  /** Complete rows so far, the header not among them. */
  rows(): number;
}

/** Whether the bytes from `start` to `end`, a value without its quotes, may stand in a column. */
export type FieldCheck = (bytes: Uint8Array, start: number, end: number) => boolean;

export interface ScanOptions {
  readonly headerRows: number;
  /** By column; nothing for those that take any value. */
  readonly checks?: readonly (FieldCheck | undefined)[];
}

const START = 0;
const UNQUOTED = 1;
const QUOTED = 2;
const AFTER_QUOTE = 3;
const AFTER_ESCAPE = 4;

const OTHER_QUOTES = [0x22, 0x27, 0x60];

/**
 * Counts the rows of bytes on their way to COPY, in constant memory and whatever the chunks. It stops where COPY would
 * read on and mean something else than our reader: quotes within a field, blank rows, rows in other quotes. The number
 * of fields, line ends and characters are COPY's to check.
 */
export function rowScan(
  { delimiter: delimiters, quote, escapeBy, loneCr, bareMarks, quotedMarks }: Grammar,
  { headerRows, checks = [] }: ScanOptions,
): RowScan {
  const [delimiter = -1] = delimiters;
  const others = OTHER_QUOTES.filter((mark) => mark !== quote);
  let state = START;
  let rows = 0;
  let field = 0;
  /** Whether the row has anything but delimiters and quotes. */
  let hasContent = false;
  let firstByte = -1;
  let lastByte = -1;
  let afterRowCr = false;
  /** The value under way: where it begins in this chunk, and what of it was in those before. */
  let start = 0;
  let carried: Uint8Array[] = [];
  let carriedBytes = 0;
  let hasEscape = false;

  function fieldOdd(bytes: Uint8Array, end: number): Oddity | undefined {
    const check = rows >= headerRows ? checks[field] : undefined;
    const isQuoted = state === AFTER_QUOTE;
    const before = carried;
    if (carriedBytes > 0) {
      carried = [];
      carriedBytes = 0;
    }
    if (check === undefined) {
      hasEscape = false;
      return undefined;
    }
    let value = bytes;
    let from = start;
    let to = end;
    if (before.length > 0 || hasEscape) {
      value = Buffer.concat([...before, bytes.subarray(start, end)]);
      from = 0;
      to = value.length;
    }
    if (!isQuoted) {
      // The CR of a line end.
      if (to > from && value[to - 1] === CR) to -= 1;
      if (to === from) return undefined;
    } else {
      to -= value[to - 1] === CR ? 2 : 1;
      from += 1;
      if (hasEscape) {
        value = unescapeBytes(value.subarray(from, to), quote, escapeBy);
        from = 0;
        to = value.length;
      }
    }
    hasEscape = false;
    if (check(value, from, to)) return undefined;
    return { because: 'a value is none of the type of its column', column: field };
  }

  function rowOdd(bytes: Uint8Array, end: number): Oddity | undefined {
    const odd = fieldOdd(bytes, end);
    if (odd) return odd;
    if (!hasContent) return { because: 'it has blank rows' };
    if (field > 0 && firstByte === lastByte && others.includes(firstByte))
      return { because: 'a row is in other quotes' };
    rows += 1;
    field = 0;
    hasContent = false;
    firstByte = -1;
    state = START;
    return undefined;
  }

  return {
    take(bytes) {
      const size = bytes.length;
      start = 0;
      for (let at = 0; at < size; at += 1) {
        const byte = bytes[at] as number;
        if (afterRowCr) {
          afterRowCr = false;
          if (byte === LF) {
            start = at + 1;
            continue;
          }
        }
        const marks = state === QUOTED ? quotedMarks : bareMarks;
        if ((state === UNQUOTED || state === QUOTED) && marks[byte] === 0) {
          // On to the next byte that means something here.
          while (at + 1 < size && marks[bytes[at + 1] as number] === 0) at += 1;
          hasContent = true;
          if (state === UNQUOTED) lastByte = bytes[at] as number;
          continue;
        }
        if (state === QUOTED) {
          if (byte === quote) state = AFTER_QUOTE;
          else if (byte === escapeBy) state = AFTER_ESCAPE;
          else hasContent = true;
          continue;
        }
        if (state === AFTER_ESCAPE) {
          state = QUOTED;
          if (byte === quote || byte === escapeBy) {
            hasEscape = true;
            hasContent = true;
          } else {
            at -= 1;
          }
          continue;
        }
        if (state === START) {
          start = at;
          if (field === 0) firstByte = byte;
          if (byte === quote) {
            state = QUOTED;
            continue;
          }
          state = UNQUOTED;
        }
        if (byte === delimiter) {
          const odd = fieldOdd(bytes, at);
          if (odd) return odd;
          field += 1;
          state = START;
          lastByte = byte;
        } else if (byte === LF || (byte === CR && loneCr)) {
          const odd = rowOdd(bytes, at);
          if (odd) return odd;
          afterRowCr = byte === CR;
        } else if (byte === quote) {
          if (state !== AFTER_QUOTE || escapeBy !== quote) return { because: 'a quote stands within a field' };
          state = QUOTED;
          hasEscape = true;
          hasContent = true;
        } else if (byte !== CR) {
          if (state === AFTER_QUOTE) return { because: 'there is text after a closing quote' };
          hasContent = true;
          lastByte = byte;
        }
      }
      if (state !== START && checks[field] !== undefined) {
        // A copy: the chunk is COPY's by the time the value ends.
        carried.push(Buffer.from(bytes.subarray(start)));
        carriedBytes += size - start;
        if (carriedBytes > RECORD_LIMIT_BYTES) return { because: 'a value is too long to be checked' };
      }
      return undefined;
    },
    end() {
      if (state === START && field === 0) return undefined;
      start = 0;
      if (state === QUOTED || state === AFTER_ESCAPE) return { because: 'a quote is never closed' };
      return rowOdd(new Uint8Array(0), 0);
    },
    rows: () => Math.max(0, rows - headerRows),
  };
}

function unescapeBytes(bytes: Uint8Array, quote: number, escapeBy: number): Uint8Array {
  const plain = Buffer.alloc(bytes.length);
  let length = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    if (bytes[at] === escapeBy && (bytes[at + 1] === quote || bytes[at + 1] === escapeBy)) at += 1;
    plain[length++] = bytes[at] as number;
  }
  return plain.subarray(0, length);
}
