import { reserve, type Sink } from './sink.ts';

const BASE = 10_000;
const BASE_DIGITS = 4;
const HEAD_BYTES = 12;
const NEGATIVE = 0x4000;
/** As many digits to the base of 10,000 as a safe integer has, and one for the point. */
const SAFE_DIGITS = 5;

/**
 * Writes a numeric with its length in front, as `numeric_recv` of PostgreSQL reads it: how many digits to the base of
 * 10,000, the weight of the first, the sign, the scale, the digits. The value is `unscaled` / 10^`scale`.
 */
export function putNumeric(sink: Sink, unscaled: number | bigint, scale: number): void {
  // Digits begin at the point: it is moved there.
  const shift = (BASE_DIGITS - (scale % BASE_DIGITS)) % BASE_DIGITS;
  const negative = unscaled < 0;
  const start = sink.size;
  const shifted = typeof unscaled === 'number' ? Math.abs(unscaled) * 10 ** shift : Number.POSITIVE_INFINITY;
  const count =
    shifted <= Number.MAX_SAFE_INTEGER
      ? putSafeDigits(sink, shifted)
      : putLongDigits(sink, (negative ? -BigInt(unscaled) : BigInt(unscaled)) * 10n ** BigInt(shift));
  const { view } = sink;
  const first = start + HEAD_BYTES;
  // No zeros at the end: PostgreSQL keeps none.
  let kept = count;
  while (kept > 0 && view.getUint16(first + (kept - 1) * 2) === 0) kept -= 1;
  view.setInt32(start, 8 + kept * 2);
  view.setInt16(start + 4, kept);
  view.setInt16(start + 6, kept === 0 ? 0 : count - Math.ceil(scale / BASE_DIGITS) - 1);
  view.setUint16(start + 8, negative ? NEGATIVE : 0);
  view.setUint16(start + 10, scale);
  sink.size = first + kept * 2;
}

/** Returns how many digits it has written, behind the room for the head. */
function putSafeDigits(sink: Sink, value: number): number {
  reserve(sink, HEAD_BYTES + SAFE_DIGITS * 2);
  let count = 0;
  for (let rest = value; rest > 0; rest = Math.floor(rest / BASE)) count += 1;
  let rest = value;
  for (let at = sink.size + HEAD_BYTES + (count - 1) * 2, left = count; left > 0; at -= 2, left -= 1) {
    const next = Math.floor(rest / BASE);
    sink.view.setUint16(at, rest - next * BASE);
    rest = next;
  }
  return count;
}

function putLongDigits(sink: Sink, value: bigint): number {
  const text = value.toString();
  const count = Math.ceil(text.length / BASE_DIGITS);
  reserve(sink, HEAD_BYTES + count * 2);
  const at = sink.size + HEAD_BYTES;
  let end = text.length;
  for (let digit = count - 1; digit >= 0; digit -= 1) {
    sink.view.setUint16(at + digit * 2, Number(text.slice(Math.max(0, end - BASE_DIGITS), end)));
    end -= BASE_DIGITS;
  }
  return count;
}
