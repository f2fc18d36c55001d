import { ESCAPED, LITERAL, NULL, PLACE, STRING } from './csv/field-place.ts';
import { fieldText } from './csv/field-text.ts';
import type { Grammar } from './csv/scan-record.ts';
import type { SplitRecord } from './csv/split-records.ts';
import type { LoadColumn } from './plan-import.ts';
import type { Decimal } from './types/column-type.ts';
import { needsConversion, toPostgresText } from './types/infer-columns.ts';

/** Rows as COPY's text format has them (PostgreSQL manual, "COPY"), in memory that is used again. */
export interface CopyRows {
  add(record: SplitRecord): void;
  /** Of all rows. */
  sizeBytes(): number;
  /** The rows from `from` to below `to`, counted from 0: a view, until `clear`. */
  slice(from: number, to: number): Uint8Array;
  clear(): void;
}

export interface CopyRowsOptions {
  readonly grammar: Grammar;
  readonly decimal: Decimal;
  /** Whether the line and the text of the record come before its values, as two more columns. */
  readonly withSource: boolean;
}

type CopiedColumn = Pick<LoadColumn, 'type' | 'dateFormat'>;

const NATIVE_COPY_BYTES = 48;

const TAB = 0x09;
const LF = 0x0a;
const BACKSLASH = 0x5c;
const LETTER_N = 0x4e;

/** By byte: what stands after the backslash in its place in COPY's text format; 0 for bytes that stand for themselves. */
export const COPY_ESCAPES = new Uint8Array(256);
for (const [byte, letter] of ['\\\\', '\nn', '\rr', '\tt'].map((pair) => Buffer.from(pair))) {
  COPY_ESCAPES[byte as number] = letter as number;
}

export function copyRows(
  columns: readonly CopiedColumn[],
  { grammar, decimal, withSource }: CopyRowsOptions,
): CopyRows {
  const converted = columns.map((column) => (needsConversion(column, decimal) ? column : undefined));
  const { quote, escapeBy } = grammar;
  let out = Buffer.allocUnsafeSlow(65_536);
  let size = 0;
  const ends: number[] = [];

  /** Any byte may become two, a NULL is two, and a tab follows. */
  function makeRoom(bytes: number): void {
    const wanted = size + 2 * bytes + 3;
    if (wanted <= out.length) return;
    const wider = Buffer.allocUnsafeSlow(Math.max(wanted, out.length * 2));
    out.copy(wider, 0, 0, size);
    out = wider;
  }

  /** What stands as it is in JSON, where whatever COPY would have escaped is escaped. */
  function putPlain(bytes: Uint8Array, start: number, end: number): void {
    makeRoom(end - start);
    const to = out;
    const shift = size - start;
    if (end - start >= NATIVE_COPY_BYTES) (bytes as Buffer).copy(to, size, start, end);
    else for (let at = start; at < end; at += 1) to[at + shift] = bytes[at] as number;
    to[end + shift] = TAB;
    size = end + shift + 1;
  }

  function put(bytes: Uint8Array, start: number, end: number): void {
    makeRoom(end - start);
    const to = out;
    const shift = size - start;
    let special = 0;
    // Nearly always there is nothing to escape: that is found out on the way.
    for (let at = start; at < end; at += 1) {
      const byte = bytes[at] as number;
      special |= COPY_ESCAPES[byte] as number;
      to[at + shift] = byte;
    }
    if (special !== 0) {
      putEscaped(bytes, start, end, -1);
    } else {
      to[end + shift] = TAB;
      size = end + shift + 1;
    }
  }

  /** `mark` is the escape of the file, where the content has any. */
  function putEscaped(bytes: Uint8Array, start: number, end: number, mark: number): void {
    makeRoom(end - start);
    const to = out;
    let length = size;
    for (let at = start; at < end; at += 1) {
      let byte = bytes[at] as number;
      if (byte === mark && at + 1 < end && (bytes[at + 1] === quote || bytes[at + 1] === mark)) {
        at += 1;
        byte = bytes[at] as number;
      }
      const letter = COPY_ESCAPES[byte] as number;
      if (letter !== 0) {
        to[length] = BACKSLASH;
        length += 1;
        byte = letter;
      }
      to[length] = byte;
      length += 1;
    }
    to[length] = TAB;
    size = length + 1;
  }

  function putNull(): void {
    makeRoom(0);
    out[size] = BACKSLASH;
    out[size + 1] = LETTER_N;
    out[size + 2] = TAB;
    size += 3;
  }

  function putText(text: string): void {
    const bytes = Buffer.from(text);
    put(bytes, 0, bytes.length);
  }

  return {
    add({ line, bytes, start, end, places, placesAt }) {
      if (withSource) {
        putText(String(line));
        put(bytes, start, end);
      }
      for (let column = 0; column < converted.length; column += 1) {
        const at = placesAt + column * PLACE;
        const kind = places[at] as number;
        const from = places[at + 1] as number;
        const to = places[at + 2] as number;
        const into = converted[column];
        if (kind === NULL) putNull();
        else if (into !== undefined)
          putText(toPostgresText(fieldText(bytes, places, at, grammar) ?? '', into, decimal));
        else if (kind === ESCAPED) putEscaped(bytes, from, to, escapeBy);
        else if ((kind === STRING || kind === LITERAL) && from < end) putPlain(bytes, from, to);
        else put(bytes, from, to);
      }
      // In place of the last tab.
      out[size - 1] = LF;
      ends.push(size);
    },
    sizeBytes: () => size,
    slice: (from, to) => out.subarray(from === 0 ? 0 : ends[from - 1], to === 0 ? 0 : ends[to - 1]),
    clear() {
      size = 0;
      ends.length = 0;
    },
  };
}
