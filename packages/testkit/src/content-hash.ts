import { createHash } from 'node:crypto';

/** The hash's definition (design, section 3), computed here: what the server must have found. */
export function contentHash(rows: readonly string[]): string {
  const sum = rows
    .map((row) => BigInt.asIntN(64, BigInt(`0x${createHash('md5').update(row).digest('hex').slice(0, 16)}`)))
    .reduce((total, value) => total + value, 0n);
  return sum.toString();
}
