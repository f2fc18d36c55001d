/**
 * Values in their most usual notation, told by their bytes. It is the short way to `fitsType`: what is plain fits, and
 * what is not may fit all the same.
 */
export type PlainValue = (bytes: Uint8Array, start: number, end: number) => boolean;

const ZERO = 0x30;
const NINE = 0x39;
const MINUS = 0x2d;
const COLON = 0x3a;
const POINT = 0x2e;
const SPACE = 0x20;
const LETTER_T = 0x54;
const LETTER_Z = 0x5a;
const TO_LOWER_CASE = 0x20;

/** Digits without leading zeros, `point` within or before the last of them if there is one, a minus in front. */
export function plainNumber(point: number | undefined, maxBytes: number): PlainValue {
  return (bytes, start, end) => {
    const first = bytes[start] === MINUS ? start + 1 : start;
    if (end - first > maxBytes || first >= end) return false;
    // A leading zero, and -0: the long way knows.
    if (bytes[first] === ZERO && (first > start || (first + 1 < end && bytes[first + 1] !== point))) return false;
    let points = 0;
    for (let at = first; at < end; at += 1) {
      const byte = bytes[at] as number;
      if (byte === point) points += 1;
      else if (byte < ZERO || byte > NINE) return false;
    }
    return points === 0 || (points === 1 && bytes[end - 1] !== point);
  };
}

/** `YYYY-MM-DD`, up to the 28th. */
export const isPlainDate: PlainValue = (bytes, start, end) => end - start === 10 && beginsWithDate(bytes, start);

/** `YYYY-MM-DD hh:mm:ss`, with a `T` in between for all one cares. */
export const isPlainTimestamp: PlainValue = (bytes, start, end) => end - start === 19 && beginsWithTime(bytes, start);

export const isPlainTimestamptz: PlainValue = (bytes, start, end) =>
  end - start === 20 && bytes[end - 1] === LETTER_Z && beginsWithTime(bytes, start);

export const isPlainBoolean: PlainValue = (bytes, start, end) =>
  isWord(TRUE, bytes, start, end) || isWord(FALSE, bytes, start, end);

const TRUE = Buffer.from('true');
const FALSE = Buffer.from('false');

function isWord(word: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start !== word.length) return false;
  for (let at = 0; at < word.length; at += 1) if (((bytes[start + at] ?? 0) | TO_LOWER_CASE) !== word[at]) return false;
  return true;
}

function beginsWithDate(bytes: Uint8Array, at: number): boolean {
  if (bytes[at + 4] !== MINUS || bytes[at + 7] !== MINUS) return false;
  const year = twoDigits(bytes, at) * 100 + twoDigits(bytes, at + 2);
  const month = twoDigits(bytes, at + 5);
  const day = twoDigits(bytes, at + 8);
  return year >= 1 && month >= 1 && month <= 12 && day >= 1 && day <= 28;
}

function beginsWithTime(bytes: Uint8Array, at: number): boolean {
  if (bytes[at + 10] !== SPACE && bytes[at + 10] !== LETTER_T) return false;
  if (bytes[at + 13] !== COLON || bytes[at + 16] !== COLON || !beginsWithDate(bytes, at)) return false;
  return twoDigits(bytes, at + 11) < 24 && twoDigits(bytes, at + 14) < 60 && twoDigits(bytes, at + 17) < 60;
}

/** NaN, which no comparison takes, where there are none. */
function twoDigits(bytes: Uint8Array, at: number): number {
  const tens = bytes[at] as number;
  const units = bytes[at + 1] as number;
  if (tens < ZERO || tens > NINE || units < ZERO || units > NINE) return Number.NaN;
  return (tens - ZERO) * 10 + units - ZERO;
}

/** The byte of a decimal point. */
export const DECIMALS = { '.': POINT, ',': 0x2c } as const;
