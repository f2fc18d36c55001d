import type { FieldCheck } from '../csv/scan-rows.ts';
import { fitsType } from './fits-type.ts';
import type { Column } from './infer-columns.ts';

const ZERO = 0x30;
const NINE = 0x39;
const POINT = 0x2e;
const MINUS = 0x2d;
/** An integer of so many digits has 64 bits. */
const SURE_DIGITS = 18;

/** `fitsType` for bytes of UTF-8 or of a single-byte encoding, with a short way for plain numbers. */
export function fieldCheck({ type, dateFormat }: Pick<Column, 'type' | 'dateFormat'>): FieldCheck | undefined {
  if (type === 'text') return undefined;
  const byText: FieldCheck = (bytes, start, end) =>
    fitsType(
      Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('utf8'),
      { type, dateFormat },
      '.',
    );
  const isNumber = type === 'bigint' || type === 'numeric';
  if (!isNumber) return byText;
  return (bytes, start, end) => isPlainNumber(bytes, start, end, type === 'numeric') || byText(bytes, start, end);
}

function isPlainNumber(bytes: Uint8Array, start: number, end: number, mayHavePoint: boolean): boolean {
  let at = bytes[start] === MINUS ? start + 1 : start;
  if (end - at > SURE_DIGITS || at >= end) return false;
  // A leading zero, and -0: the long way knows.
  if (bytes[at] === ZERO && (at > start || (at + 1 < end && bytes[at + 1] !== POINT))) return false;
  let points = 0;
  for (; at < end; at += 1) {
    const byte = bytes[at] as number;
    if (byte === POINT) points += 1;
    else if (byte < ZERO || byte > NINE) return false;
  }
  if (points === 0) return true;
  return mayHavePoint && points === 1 && bytes[end - 1] !== POINT;
}
