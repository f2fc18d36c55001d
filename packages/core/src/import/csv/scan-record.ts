import type { Dialect } from './dialect.ts';
import { BARE, ESCAPED, type PlaceList, QUOTED } from './field-place.ts';

/** A dialect as the bytes that the scanner compares. Text is UTF-8. */
export interface Grammar {
  readonly delimiter: Uint8Array;
  /** -1 for none, which no byte equals. */
  readonly quote: number;
  readonly escapeBy: number;
  /** Whether a CR without an LF ends a row. */
  readonly loneCr: boolean;
  /** By byte: 1 for those that mean something outside of quotes, 0 for all others; */
  readonly bareMarks: Uint8Array;
  /** and the same within quotes. */
  readonly quotedMarks: Uint8Array;
}

export type Flaw = 'unclosed quote' | 'text after a closing quote' | 'quote inside an unquoted field' | 'lone CR';

/** One record. Offsets are those of the scanned bytes. */
export interface Scanned {
  /** Where its content ends, and its line end begins. */
  readonly end: number;
  /** Where the next record begins. */
  readonly next: number;
  /** Physical lines. */
  readonly lines: number;
  readonly fields: number;
  /** Why it is no record of this grammar. Then it is its first physical line alone, and the rest is yet to be scanned. */
  readonly flaw: Flaw | undefined;
}

export const LF = 0x0a;
export const CR = 0x0d;

export function grammarOf(dialect: Pick<Dialect, 'delimiter' | 'quote' | 'escape' | 'lineEnd'>): Grammar {
  const delimiter = Buffer.from(dialect.delimiter);
  const quote = dialect.quote?.charCodeAt(0) ?? -1;
  const escapeBy = dialect.escape?.charCodeAt(0) ?? -1;
  return {
    delimiter,
    quote,
    escapeBy,
    loneCr: dialect.lineEnd === 'cr' || dialect.lineEnd === 'mixed',
    bareMarks: tableOf([...delimiter.subarray(0, 1), LF, CR, quote]),
    quotedMarks: tableOf([quote, escapeBy, LF, CR]),
  };
}

/** Of fields whose bytes mean but themselves: rows of a format that has no quotes, and escapes of its own alone. */
export const UNMARKED = grammarOf({ delimiter: '\0', quote: null, escape: null, lineEnd: 'lf' });

function tableOf(bytes: readonly number[]): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, byte) => (bytes.includes(byte) ? 1 : 0));
}

/**
 * Scans the record that begins at `from`, strictly: a quoted field begins with its quote and is followed by a
 * delimiter or a line end (RFC 4180). Returns nothing where `bytes` end before the record is sure to have, unless
 * they are `all`. A quote that does not fit costs the first physical line only: what follows may be well-formed.
 * `places`, where given, takes those of the fields; of a record that has a flaw, or is not whole, they mean nothing.
 */
export function scanRecord(
  bytes: Uint8Array,
  from: number,
  grammar: Grammar,
  all: boolean,
  places?: PlaceList,
): Scanned | undefined {
  const { delimiter, quote, escapeBy, loneCr, bareMarks, quotedMarks } = grammar;
  const first = delimiter[0];
  const size = bytes.length;
  let at = from;
  let lines = 1;
  let flaw: Flaw | undefined;
  for (let fields = 1; ; fields += 1) {
    const start = at;
    let kind = BARE;
    if (bytes[at] === quote) {
      kind = QUOTED;
      at += 1;
      for (; ; at += 1) {
        while (at < size && quotedMarks[bytes[at] as number] === 0) at += 1;
        if (at >= size) return all ? firstLine(bytes, from, grammar, true, 'unclosed quote') : undefined;
        const byte = bytes[at];
        if (byte === quote || byte === escapeBy) {
          if (at + 1 >= size && !all) return undefined;
          const isEscape = byte === escapeBy && (bytes[at + 1] === quote || bytes[at + 1] === escapeBy);
          if (isEscape) {
            kind = ESCAPED;
            at += 1;
          } else if (byte === quote) {
            break;
          }
        } else if (byte === LF || (byte === CR && bytes[at + 1] !== LF)) {
          lines += 1;
        }
      }
      at += 1;
      if (at + delimiter.length > size && !all) return undefined;
      if (at < size && bytes[at] !== LF && bytes[at] !== CR && !isAt(bytes, at, delimiter)) {
        return firstLine(bytes, from, grammar, all, 'text after a closing quote');
      }
    }
    let isLast = false;
    let next = at;
    for (; ; at += 1) {
      while (at < size && bareMarks[bytes[at] as number] === 0) at += 1;
      if (at >= size) {
        if (!all) return undefined;
        isLast = true;
        next = at;
        break;
      }
      const byte = bytes[at];
      if (byte === first && isAt(bytes, at, delimiter)) {
        next = at + delimiter.length;
        break;
      }
      if (byte === LF) {
        isLast = true;
        next = at + 1;
        break;
      }
      if (byte === CR) {
        if (at + 1 >= size && !all) return undefined;
        if (bytes[at + 1] === LF || loneCr) {
          isLast = true;
          next = at + (bytes[at + 1] === LF ? 2 : 1);
          break;
        }
        flaw ??= 'lone CR';
      } else if (byte === quote) {
        flaw ??= 'quote inside an unquoted field';
      }
    }
    if (kind === BARE) places?.add(BARE, start, at);
    else places?.add(kind, start + 1, at - 1);
    if (isLast) {
      if (flaw !== undefined && lines > 1) return firstLine(bytes, from, grammar, all, flaw);
      return { end: at, next, lines, fields, flaw };
    }
    at = next;
  }
}

function firstLine(
  bytes: Uint8Array,
  from: number,
  { loneCr }: Grammar,
  all: boolean,
  flaw: Flaw,
): Scanned | undefined {
  let end = from;
  while (end < bytes.length && bytes[end] !== LF && !(bytes[end] === CR && (loneCr || bytes[end + 1] === LF))) end += 1;
  // A CR may yet get its LF.
  if (!all && end + 1 >= bytes.length) return undefined;
  const next = Math.min(bytes.length, end + (bytes[end] === CR && bytes[end + 1] === LF ? 2 : 1));
  return { end, next, lines: 1, fields: 0, flaw };
}

function isAt(bytes: Uint8Array, at: number, wanted: Uint8Array): boolean {
  for (let index = 0; index < wanted.length; index += 1) if (bytes[at + index] !== wanted[index]) return false;
  return true;
}
