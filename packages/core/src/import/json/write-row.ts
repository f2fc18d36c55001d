import { COPY_ESCAPES } from '../copy-rows.ts';
import type { FieldCheck } from '../csv/scan-rows.ts';
import {
  BACKSLASH,
  BEGIN_ARRAY,
  BEGIN_OBJECT,
  COMMA,
  END_OBJECT,
  QUOTE,
  type Scan,
  STOPPED,
  skipSpace,
} from './scan.ts';
import { isSpecial } from './scan-object.ts';
import { ESCAPED, escapedPoint, LETTER_U, putPoint, STRING_MARKS, scanString } from './scan-string.ts';
import { afterColon, scanValue } from './scan-value.ts';

/** Where lines of COPY's text format are written. There is room for twice what is scanned, and for a NULL per column. */
export interface CopyOutput {
  readonly bytes: Buffer;
  size: number;
}

/** A column, in the order in which COPY has them. */
export interface WrittenColumn {
  readonly key: string;
  /** Whether it stores JSON: then a string is its text, quotes and escapes and all. */
  readonly storesJson: boolean;
  /** Whether it takes strings, and arrays and objects. */
  readonly keepsStrings: boolean;
  readonly keepsNested: boolean;
  /** Whether it keeps a value that has no escapes; nothing where it keeps any. */
  readonly check: FieldCheck | undefined;
}

/**
 * Scans the object that begins at `from`, and writes it as a line of COPY's text format on its way. Returns where it ends;
 * or `STOPPED`, with some of it written, for one that is not as most are: its keys in the order of the columns, some of
 * them missing, and each value one that its column keeps. It may be all right, and `ObjectScanner` has to say.
 */
export type RowWriter = (scan: Scan, from: number, out: CopyOutput) => number;

const TAB = 0x09;
const LF = 0x0a;
const LETTER_N = 0x4e;
const NULL_BYTE = 0x6e;

export function rowWriter(columns: readonly WrittenColumn[]): RowWriter {
  /** Each key as JSON has it, with the quote at its end. */
  const words = columns.map(({ key }) => Buffer.from(JSON.stringify(key)).subarray(1));
  const count = columns.length;

  return (scan, from, out) => {
    const end = writeObject(scan, from, out);
    // In place of the last tab.
    if (end !== STOPPED) out.bytes[out.size - 1] = LF;
    return end;
  };

  function writeObject(scan: Scan, from: number, out: CopyOutput): number {
    const { bytes } = scan;
    let column = 0;
    let at = skipSpace(bytes, from + 1);
    if (bytes[at] === END_OBJECT) return writeRest(out, column, at);
    for (;;) {
      if (bytes[at] !== QUOTE) return STOPPED;
      for (; column < count; column += 1) {
        if (isWordAt(bytes, at + 1, words[column] as Buffer)) break;
        writeNull(out);
      }
      if (column === count) return STOPPED;
      at = afterColon(scan, at + 1 + (words[column] as Buffer).length);
      if (at === STOPPED) return STOPPED;
      at = writeValue(scan, at, out, columns[column] as WrittenColumn);
      if (at === STOPPED) return STOPPED;
      column += 1;
      at = skipSpace(bytes, at);
      if (bytes[at] === END_OBJECT) return writeRest(out, column, at);
      if (bytes[at] !== COMMA) return STOPPED;
      at = skipSpace(bytes, at + 1);
    }
  }

  function writeRest(out: CopyOutput, from: number, at: number): number {
    for (let column = from; column < count; column += 1) writeNull(out);
    return at + 1;
  }
}

function isWordAt(bytes: Uint8Array, at: number, word: Uint8Array): boolean {
  let length = 0;
  while (length < word.length && bytes[at + length] === word[length]) length += 1;
  return length === word.length;
}

/** Writes the value that begins at `at`, and returns where it ends. */
function writeValue(scan: Scan, at: number, out: CopyOutput, column: WrittenColumn): number {
  const { bytes } = scan;
  const byte = bytes[at] as number;
  if (byte === QUOTE && !column.storesJson) {
    if (!column.keepsStrings) return STOPPED;
    const end = writeString(scan, at + 1, out);
    if (end === STOPPED) return STOPPED;
    if (column.check && (scan.escaped || !column.check(bytes, at + 1, end))) return STOPPED;
    return end + 1;
  }
  scan.unstorable = undefined;
  const end = byte === QUOTE ? afterString(scan, at) : scanValue(scan, at);
  if (end === STOPPED || scan.unstorable !== undefined) return STOPPED;
  if (byte === NULL_BYTE) {
    writeNull(out);
  } else if (byte === QUOTE || byte === BEGIN_OBJECT || byte === BEGIN_ARRAY) {
    if (!column.keepsNested) return STOPPED;
    writeEscaped(bytes, at, end, out);
  } else {
    if (column.storesJson && isSpecial(bytes, at)) return STOPPED;
    if (column.check && !column.check(bytes, at, end)) return STOPPED;
    writePlain(bytes, at, end, out);
  }
  return end;
}

function afterString(scan: Scan, at: number): number {
  const end = scanString(scan, at + 1);
  return end === STOPPED ? STOPPED : end + 1;
}

/**
 * Writes the string whose content begins at `from`, and returns where its closing quote is. All escapes of JSON but those of
 * code units mean the same to COPY: a letter for a control character, any other character for itself.
 */
function writeString(scan: Scan, from: number, out: CopyOutput): number {
  const { bytes } = scan;
  const to = out.bytes;
  let { size } = out;
  let at = from;
  scan.escaped = false;
  for (;;) {
    let byte = bytes[at] as number;
    while (STRING_MARKS[byte] === 0) {
      to[size] = byte;
      size += 1;
      at += 1;
      byte = bytes[at] as number;
    }
    if (byte === QUOTE) break;
    if (byte !== BACKSLASH) return STOPPED;
    scan.escaped = true;
    const letter = bytes[at + 1] as number;
    if (letter !== LETTER_U) {
      if (ESCAPED[letter] === 0) return STOPPED;
      to[size] = BACKSLASH;
      to[size + 1] = letter;
      size += 2;
      at += 2;
      continue;
    }
    const point = escapedPoint(bytes, at);
    // No four digits, NUL, half a pair.
    if (point <= 0 || (point >= 0xd800 && point <= 0xdfff)) return STOPPED;
    const copyLetter = point < 0x80 ? (COPY_ESCAPES[point] as number) : 0;
    if (copyLetter === 0) {
      size = putPoint(to, size, point);
    } else {
      to[size] = BACKSLASH;
      to[size + 1] = copyLetter;
      size += 2;
    }
    at += point < 0x10000 ? 6 : 12;
  }
  to[size] = TAB;
  out.size = size + 1;
  return at;
}

function writePlain(bytes: Uint8Array, start: number, end: number, out: CopyOutput): void {
  const to = out.bytes;
  const shift = out.size - start;
  for (let at = start; at < end; at += 1) to[at + shift] = bytes[at] as number;
  to[end + shift] = TAB;
  out.size = end + shift + 1;
}

/** The text of JSON, which COPY is to store as it is. */
function writeEscaped(bytes: Uint8Array, start: number, end: number, out: CopyOutput): void {
  const to = out.bytes;
  let { size } = out;
  for (let at = start; at < end; at += 1) {
    let byte = bytes[at] as number;
    const letter = COPY_ESCAPES[byte] as number;
    if (letter !== 0) {
      to[size] = BACKSLASH;
      size += 1;
      byte = letter;
    }
    to[size] = byte;
    size += 1;
  }
  to[size] = TAB;
  out.size = size + 1;
}

function writeNull(out: CopyOutput): void {
  const { bytes, size } = out;
  bytes[size] = BACKSLASH;
  bytes[size + 1] = LETTER_N;
  bytes[size + 2] = TAB;
  out.size = size + 3;
}
