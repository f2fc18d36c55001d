import {
  BEGIN_ARRAY,
  BEGIN_OBJECT,
  COLON,
  COMMA,
  END_ARRAY,
  END_OBJECT,
  QUOTE,
  type Scan,
  STOPPED,
  skipSpace,
  stop,
} from './scan.ts';
import { scanString, undoEscapes } from './scan-string.ts';

/** The deepest that arrays and objects of a record may be within each other, itself counted. */
export const DEPTH_LIMIT = 512;

const MINUS = 0x2d;
const PLUS = 0x2b;
const POINT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const LETTER_I = 0x49;
const LETTER_E = 0x65;
const TO_LOWER_CASE = 0x20;

const TRUE = Buffer.from('true');
const FALSE = Buffer.from('false');
const NULL = Buffer.from('null');
const NAN = Buffer.from('NaN');
const INFINITY = Buffer.from('Infinity');

/** The end of the value that begins at `at`, by RFC 8259; and of NaN and Infinity, which PostgreSQL can store as numbers alone. */
export function scanValue(scan: Scan, at: number): number {
  const byte = scan.bytes[at] as number;
  if (byte === BEGIN_OBJECT || byte === BEGIN_ARRAY) return scanNested(scan, at);
  return scanScalar(scan, at);
}

function scanScalar(scan: Scan, at: number): number {
  switch (scan.bytes[at]) {
    case QUOTE: {
      const end = scanString(scan, at + 1);
      return end === STOPPED ? end : end + 1;
    }
    case 0x74:
      return scanWord(scan, at, TRUE);
    case 0x66:
      return scanWord(scan, at, FALSE);
    case 0x6e:
      return scanWord(scan, at, NULL);
    case 0x4e:
      return scanWord(scan, at, NAN);
    case LETTER_I:
      return scanWord(scan, at, INFINITY);
    default:
      return scanNumber(scan, at);
  }
}

function scanWord(scan: Scan, at: number, word: Uint8Array): number {
  const { bytes } = scan;
  let length = 0;
  while (length < word.length && bytes[at + length] === word[length]) length += 1;
  return length === word.length ? at + length : stop(scan, at + length, 'a value');
}

export function scanNumber(scan: Scan, from: number): number {
  const { bytes } = scan;
  let at = bytes[from] === MINUS ? from + 1 : from;
  if (bytes[at] === ZERO) at += 1;
  else if (isDigit(bytes[at] as number)) at = skipDigits(bytes, at);
  else if (at > from && bytes[at] === LETTER_I) return scanWord(scan, at, INFINITY);
  else return stop(scan, at, at > from ? 'a digit' : 'a value');
  if (bytes[at] === POINT) {
    if (!isDigit(bytes[at + 1] as number)) return stop(scan, at + 1, 'a digit');
    at = skipDigits(bytes, at + 1);
  }
  if (((bytes[at] as number) | TO_LOWER_CASE) !== LETTER_E) return at;
  at += 1;
  if (bytes[at] === PLUS || bytes[at] === MINUS) at += 1;
  return isDigit(bytes[at] as number) ? skipDigits(bytes, at) : stop(scan, at, 'a digit');
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= NINE;
}

function skipDigits(bytes: Uint8Array, from: number): number {
  let at = from;
  while (isDigit(bytes[at] as number)) at += 1;
  return at;
}

/** Without recursion: how deep it goes is in no call stack. */
function scanNested(scan: Scan, from: number): number {
  const { bytes } = scan;
  let depth = 0;
  let keys = 0;
  let at = from;
  for (;;) {
    const byte = bytes[at] as number;
    if (byte === BEGIN_OBJECT || byte === BEGIN_ARRAY) {
      if (depth === scan.open.length) scan.open = grown(scan.open);
      scan.open[depth] = byte === BEGIN_OBJECT ? keys : -1;
      depth += 1;
      if (depth >= DEPTH_LIMIT) scan.unstorable ??= `is nested more than ${DEPTH_LIMIT} deep`;
      at = skipSpace(bytes, at + 1);
      if (bytes[at] !== byte + 2) {
        if (byte === BEGIN_ARRAY) continue;
        at = scanNestedKey(scan, at, keys);
        if (at === STOPPED) return STOPPED;
        keys += 2;
        continue;
      }
    } else {
      if (byte === 0x4e || byte === LETTER_I || (byte === MINUS && bytes[at + 1] === LETTER_I)) {
        scan.unstorable ??= 'has NaN or Infinity within an object or array, which jsonb has not';
      }
      at = scanScalar(scan, at);
      if (at === STOPPED) return STOPPED;
      at = skipSpace(bytes, at);
    }
    for (;;) {
      const first = scan.open[depth - 1] as number;
      const next = bytes[at] as number;
      if (next === (first < 0 ? END_ARRAY : END_OBJECT)) {
        if (first >= 0) {
          noteTwice(scan, first, keys);
          keys = first;
        }
        depth -= 1;
        at += 1;
        if (depth === 0) return at;
        at = skipSpace(bytes, at);
        continue;
      }
      if (next !== COMMA) return stop(scan, at, first < 0 ? 'a comma or ]' : 'a comma or }');
      at = skipSpace(bytes, at + 1);
      if (first >= 0) {
        at = scanNestedKey(scan, at, keys);
        if (at === STOPPED) return STOPPED;
        keys += 2;
      }
      break;
    }
  }
}

function grown(numbers: Int32Array): Int32Array {
  const wider = new Int32Array(numbers.length * 2);
  wider.set(numbers);
  return wider;
}

/** Notes the span of the key at `at`, and returns where its value begins. */
function scanNestedKey(scan: Scan, at: number, keys: number): number {
  const end = scanKey(scan, at);
  if (end === STOPPED) return STOPPED;
  if (keys + 2 > scan.keys.length) scan.keys = grown(scan.keys);
  const isEscaped = scan.escaped;
  scan.keys[keys] = isEscaped ? undoEscapes(scan, at + 1, end) : at + 1;
  scan.keys[keys + 1] = isEscaped ? scan.spare : end;
  return afterColon(scan, end + 1);
}

/** Where the closing quote is of the key that should be at `at`. */
export function scanKey(scan: Scan, at: number): number {
  return scan.bytes[at] === QUOTE ? scanString(scan, at + 1) : stop(scan, at, 'a key in quotes');
}

/** Where the value begins after a key that ends at `at`. */
export function afterColon(scan: Scan, at: number): number {
  const { bytes } = scan;
  const colon = skipSpace(bytes, at);
  return bytes[colon] === COLON ? skipSpace(bytes, colon + 1) : stop(scan, colon, 'a colon');
}

/** Of few keys each is compared to each; for many there is a set. */
const FEW_NUMBERS = 16;

/** An object of jsonb has one value per key: the others would be lost. */
function noteTwice(scan: Scan, from: number, to: number): void {
  const { bytes, keys } = scan;
  if (to - from <= FEW_NUMBERS) {
    for (let one = from + 2; one < to; one += 2) {
      for (let other = from; other < one; other += 2) {
        if (isSameKey(bytes, keys, one, other)) noteKeyTwice(scan, one);
      }
    }
    return;
  }
  const seen = new Set<string>();
  for (let one = from; one < to; one += 2) {
    const { size } = seen;
    if (seen.add(bytes.toString('latin1', keys[one], keys[one + 1])).size === size) noteKeyTwice(scan, one);
  }
}

function noteKeyTwice(scan: Scan, key: number): void {
  const name = scan.bytes.toString('utf8', scan.keys[key], scan.keys[key + 1]);
  scan.unstorable ??= `has the key ${JSON.stringify(name)} twice in one object`;
}

function isSameKey(bytes: Uint8Array, keys: Int32Array, one: number, other: number): boolean {
  const start = keys[one] as number;
  const otherStart = keys[other] as number;
  const length = (keys[one + 1] as number) - start;
  if (length !== (keys[other + 1] as number) - otherStart) return false;
  let at = 0;
  while (at < length && bytes[start + at] === bytes[otherStart + at]) at += 1;
  return at === length;
}
