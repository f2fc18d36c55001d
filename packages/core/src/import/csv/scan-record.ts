import type { Dialect } from './dialect.ts';

/** A dialect as the bytes that the scanner compares. Text is UTF-8. */
export interface Grammar {
  readonly delimiter: Uint8Array;
  /** -1 for none, which no byte equals. */
  readonly quote: number;
  readonly escapeBy: number;
  /** Whether a CR without an LF ends a row. */
  readonly loneCr: boolean;
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
  readonly flaw?: Flaw;
  /** It has an escape character that escapes nothing. */
  readonly loneEscape: boolean;
  /** It has a quoted field without content. */
  readonly quotedEmpty: boolean;
}

export const LF = 0x0a;
export const CR = 0x0d;

export function grammarOf(dialect: Pick<Dialect, 'delimiter' | 'quote' | 'escape' | 'lineEnd'>): Grammar {
  return {
    delimiter: Buffer.from(dialect.delimiter),
    quote: dialect.quote?.charCodeAt(0) ?? -1,
    escapeBy: dialect.escape?.charCodeAt(0) ?? -1,
    loneCr: dialect.lineEnd === 'cr' || dialect.lineEnd === 'mixed',
  };
}

/**
 * Scans the record that begins at `from`, strictly: a quoted field begins with its quote and is followed by a
 * delimiter or a line end (RFC 4180). Returns nothing where `bytes` end before the record is sure to have, unless
 * they are `all`. A quote that does not fit costs the first physical line only: what follows may be well-formed.
 * `bounds`, where given, takes the start and the end of each field, quotes included.
 */
export function scanRecord(
  bytes: Uint8Array,
  from: number,
  grammar: Grammar,
  all: boolean,
  bounds?: number[],
): Scanned | undefined {
  const { delimiter, quote, escapeBy, loneCr } = grammar;
  const [first] = delimiter;
  const size = bytes.length;
  let at = from;
  let fields = 1;
  let lines = 1;
  let flaw: Flaw | undefined;
  let loneEscape = false;
  let quotedEmpty = false;
  for (let start = from; ; start = at, fields += 1) {
    if (bytes[at] === quote) {
      at += 1;
      for (; ; at += 1) {
        if (at >= size) return all ? firstLine(bytes, from, grammar, true, 'unclosed quote') : undefined;
        const byte = bytes[at];
        if (byte === escapeBy && escapeBy !== quote) {
          if (at + 1 >= size && !all) return undefined;
          if (bytes[at + 1] === quote || bytes[at + 1] === escapeBy) at += 1;
          else loneEscape = true;
        } else if (byte === quote) {
          if (at + 1 >= size && !all) return undefined;
          if (escapeBy !== quote || bytes[at + 1] !== quote) break;
          at += 1;
        } else if (byte === LF || (byte === CR && bytes[at + 1] !== LF)) {
          lines += 1;
        }
      }
      at += 1;
      if (at === start + 2) quotedEmpty = true;
      if (at + delimiter.length > size && !all) return undefined;
      if (at < size && bytes[at] !== LF && bytes[at] !== CR && !isAt(bytes, at, delimiter)) {
        return firstLine(bytes, from, grammar, all, 'text after a closing quote');
      }
    }
    for (; ; at += 1) {
      if (at >= size) {
        if (!all) return undefined;
        bounds?.push(start, at);
        return record(at, at);
      }
      const byte = bytes[at];
      if (byte === first && isAt(bytes, at, delimiter)) {
        bounds?.push(start, at);
        at += delimiter.length;
        break;
      }
      if (byte === LF) {
        bounds?.push(start, at);
        return record(at, at + 1);
      }
      if (byte === CR) {
        if (at + 1 >= size && !all) return undefined;
        if (bytes[at + 1] === LF || loneCr) {
          bounds?.push(start, at);
          return record(at, at + (bytes[at + 1] === LF ? 2 : 1));
        }
        flaw ??= 'lone CR';
      } else if (byte === quote) {
        flaw ??= 'quote inside an unquoted field';
      }
    }
  }

  function record(end: number, next: number): Scanned | undefined {
    const found = { end, next, lines, fields, loneEscape, quotedEmpty };
    if (flaw === undefined) return found;
    return lines === 1 ? { ...found, flaw } : firstLine(bytes, from, grammar, all, flaw);
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
  return { end, next, lines: 1, fields: 0, flaw, loneEscape: false, quotedEmpty: false };
}

function isAt(bytes: Uint8Array, at: number, wanted: Uint8Array): boolean {
  for (let index = 0; index < wanted.length; index += 1) if (bytes[at + index] !== wanted[index]) return false;
  return true;
}
