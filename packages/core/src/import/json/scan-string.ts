import { BACKSLASH, QUOTE, type Scan, stop } from './scan.ts';

const ZERO = 0x30;
const NINE = 0x39;
export const LETTER_U = 0x75;
const TO_LOWER_CASE = 0x20;

/** By byte: 1 for what ends a run of plain characters in a string. */
export const STRING_MARKS = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte < 0x20 || byte === QUOTE || byte === BACKSLASH ? 1 : 0,
);
/** By the letter after a backslash: the byte that both mean; 0 where it is none. */
export const ESCAPED = new Uint8Array(256);
for (const [letter, byte] of ['""', '\\\\', '//', 'b\b', 'f\f', 'n\n', 'r\r', 't\t'].map((pair) => Buffer.from(pair))) {
  ESCAPED[letter as number] = byte as number;
}

/** Where the closing quote is of the string whose content begins at `at`. */
export function scanString(scan: Scan, from: number): number {
  const { bytes } = scan;
  let at = from;
  while (STRING_MARKS[bytes[at] as number] === 0) at += 1;
  scan.escaped = bytes[at] !== QUOTE;
  return scan.escaped ? scanEscapes(scan, at) : at;
}

function scanEscapes(scan: Scan, from: number): number {
  const { bytes } = scan;
  for (let at = from; ; ) {
    while (STRING_MARKS[bytes[at] as number] === 0) at += 1;
    if (bytes[at] === QUOTE) return at;
    if (at === scan.size) return stop(scan, at, 'a closing quote');
    if (bytes[at] !== BACKSLASH) return stop(scan, at, 'an escape in place of a control character');
    const letter = bytes[at + 1] as number;
    if (letter !== LETTER_U) {
      if (ESCAPED[letter] === 0) return stop(scan, at + 1, 'one of the escapes of JSON');
      at += 2;
      continue;
    }
    for (let digit = at + 2; digit < at + 6; digit += 1) {
      if (hexDigit(bytes[digit] as number) < 0) return stop(scan, digit, 'four hexadecimal digits');
    }
    const unit = hexUnit(bytes, at + 2);
    at += 6;
    if (unit === 0) scan.unstorable ??= 'has \\u0000, a character that PostgreSQL cannot store';
    else if (isHighSurrogate(unit) && isLowEscape(bytes, at)) at += 6;
    else if (unit >= 0xd800 && unit <= 0xdfff)
      scan.unstorable ??= 'has half of a surrogate pair, which is no character';
  }
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

function isLowEscape(bytes: Uint8Array, at: number): boolean {
  if (bytes[at] !== BACKSLASH || bytes[at + 1] !== LETTER_U) return false;
  const unit = hexUnit(bytes, at + 2);
  return unit >= 0xdc00 && unit <= 0xdfff;
}

/** -1 where there are no four digits. */
function hexUnit(bytes: Uint8Array, at: number): number {
  let unit = 0;
  for (let digit = at; digit < at + 4; digit += 1) {
    const value = hexDigit(bytes[digit] as number);
    if (value < 0) return -1;
    unit = unit * 16 + value;
  }
  return unit;
}

function hexDigit(byte: number): number {
  if (byte >= ZERO && byte <= NINE) return byte - ZERO;
  const letter = byte | TO_LOWER_CASE;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}

/**
 * Writes what a scanned string means, its escapes undone, where there is room, and returns where that begins; it ends
 * at `scan.spare`. It is never longer than the string.
 */
export function undoEscapes(scan: Scan, start: number, end: number): number {
  const { bytes, spare } = scan;
  let to = spare;
  for (let at = start; at < end; ) {
    if (bytes[at] !== BACKSLASH) {
      bytes[to] = bytes[at] as number;
      to += 1;
      at += 1;
      continue;
    }
    const letter = bytes[at + 1] as number;
    if (letter !== LETTER_U) {
      bytes[to] = ESCAPED[letter] as number;
      to += 1;
      at += 2;
      continue;
    }
    const point = escapedPoint(bytes, at);
    at += point < 0x10000 ? 6 : 12;
    to = putPoint(bytes, to, point);
  }
  scan.spare = to;
  return spare;
}

/**
 * The character that an escape of a code unit means, or two of them a pair, the first of which begins at `at`; half a
 * pair by itself, and -1 where no four digits follow.
 */
export function escapedPoint(bytes: Uint8Array, at: number): number {
  const unit = hexUnit(bytes, at + 2);
  if (!isHighSurrogate(unit) || !isLowEscape(bytes, at + 6)) return unit;
  return 0x10000 + ((unit - 0xd800) << 10) + (hexUnit(bytes, at + 8) - 0xdc00);
}

/** Writes a character as UTF-8, and returns where that ends. */
export function putPoint(bytes: Uint8Array, to: number, point: number): number {
  if (point < 0x80) {
    bytes[to] = point;
    return to + 1;
  }
  if (point < 0x800) {
    bytes[to] = 0xc0 | (point >> 6);
    bytes[to + 1] = 0x80 | (point & 0x3f);
    return to + 2;
  }
  if (point < 0x10000) {
    bytes[to] = 0xe0 | (point >> 12);
    bytes[to + 1] = 0x80 | ((point >> 6) & 0x3f);
    bytes[to + 2] = 0x80 | (point & 0x3f);
    return to + 3;
  }
  bytes[to] = 0xf0 | (point >> 18);
  bytes[to + 1] = 0x80 | ((point >> 12) & 0x3f);
  bytes[to + 2] = 0x80 | ((point >> 6) & 0x3f);
  bytes[to + 3] = 0x80 | (point & 0x3f);
  return to + 4;
}
