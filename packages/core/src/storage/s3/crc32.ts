import { crc32 } from 'node:zlib';

/** The CRC-32 of bytes, with how many they are: what it takes to tell the sum of two runs of bytes from their sums. */
export interface Crc32 {
  readonly sizeBytes: number;
  readonly value: number;
}

export const EMPTY: Crc32 = { sizeBytes: 0, value: 0 };

/** Of `bytes`, or of what came `before` and `bytes`. */
export function crc32Of(bytes: Uint8Array, before: Crc32 = EMPTY): Crc32 {
  return { sizeBytes: before.sizeBytes + bytes.length, value: crc32(bytes, before.value) };
}

/**
 * The sum of the bytes of `first` followed by those of `second`, none of which are read again. A CRC is the remainder of
 * a polynomial over GF(2); bytes that follow multiply it by x to the power of their bits (zlib, `crc32_combine`).
 */
export function joinCrc32(first: Crc32, second: Crc32): Crc32 {
  return {
    sizeBytes: first.sizeBytes + second.sizeBytes,
    value: (multiply(powerOfX(second.sizeBytes * 8), first.value) ^ second.value) >>> 0,
  };
}

/** As S3 writes it: four bytes, the most significant first, in base64. */
export function formatCrc32({ value }: Crc32): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes.toString('base64');
}

/** Polynomials of degree 31 and less, the coefficient of x^0 in the highest bit, as CRC-32 has them. */
const ONE = 0x80000000;
const X = 0x40000000;
const MODULUS = 0xedb88320;

function multiply(a: number, b: number): number {
  let product = 0;
  for (let bit = ONE; bit !== 0; bit >>>= 1) {
    if (a & bit) product ^= b;
    b = b & 1 ? (b >>> 1) ^ MODULUS : b >>> 1;
  }
  return product;
}

function powerOfX(exponent: number): number {
  let power = ONE;
  for (let square = X, rest = exponent; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) power = multiply(square, power);
    square = multiply(square, square);
  }
  return power;
}
