import type { Meaning } from './meaning.ts';
import { endOf, startOf, type Values } from './values.ts';

/** The integer at `index`: a number where it is safe, else a bigint. */
export function readInteger(
  values: Values,
  index: number,
  { isLong, signed }: Extract<Meaning, { is: 'integer' }>,
): number | bigint {
  const { view } = values;
  if (!isLong) return signed ? view.getInt32(index * 4, true) : view.getUint32(index * 4, true);
  const low = view.getUint32(index * 8, true);
  const high = signed ? view.getInt32(index * 8 + 4, true) : view.getUint32(index * 8 + 4, true);
  if (high >= -SAFE_HIGH && high < SAFE_HIGH) return high * 2 ** 32 + low;
  return signed ? view.getBigInt64(index * 8, true) : view.getBigUint64(index * 8, true);
}

/** The integer of a decimal without its point. */
export function readUnscaled(
  values: Values,
  index: number,
  { bigEndian }: Extract<Meaning, { is: 'decimal' }>,
): number | bigint {
  if (!bigEndian) return readInteger(values, index, values.width === 8 ? INT64 : INT32);
  const { view } = values;
  let start = startOf(values, index);
  const end = endOf(values, index);
  if (start === end) return 0;
  const sign = view.getInt8(start) < 0 ? -1 : 0;
  // Bytes that but repeat the sign, as those in front of a small value in many bytes, say nothing.
  while (end - start > 1 && view.getInt8(start) === sign && view.getInt8(start + 1) < 0 === sign < 0) start += 1;
  const length = end - start;
  if (length <= 6) {
    let value = view.getInt8(start);
    for (let at = start + 1; at < end; at += 1) value = value * 256 + view.getUint8(at);
    return value;
  }
  let value = BigInt(view.getInt8(start));
  let at = start + 1;
  for (; end - at >= 8; at += 8) value = (value << 64n) | view.getBigUint64(at);
  for (; at < end; at += 1) value = (value << 8n) | BigInt(view.getUint8(at));
  return value;
}

export function readFloat(values: Values, index: number, { bits }: Extract<Meaning, { is: 'float' }>): number {
  if (bits === 64) return values.view.getFloat64(index * 8, true);
  return bits === 32 ? values.view.getFloat32(index * 4, true) : readHalf(values.view.getUint16(index * 2, true));
}

/** IEEE 754 binary16. */
function readHalf(bits: number): number {
  const sign = bits >> 15 === 0 ? 1 : -1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1_024 + fraction) * 2 ** (exponent - 25);
}

/** An INT96: nanoseconds of a day, then its Julian number; as nanoseconds since 1970-01-01T00:00:00. */
export function readInt96({ view }: Values, index: number): bigint {
  const days = BigInt(view.getInt32(index * 12 + 8, true) - JULIAN_EPOCH);
  return days * 86_400_000_000_000n + view.getBigInt64(index * 12, true);
}

const INT32 = { is: 'integer', isLong: false, signed: true } as const;
const INT64 = { is: 'integer', isLong: true, signed: true } as const;
/** 2^53 / 2^32. */
const SAFE_HIGH = 2 ** 21;
/** The Julian day number of 1970-01-01. */
const JULIAN_EPOCH = 2_440_588;
