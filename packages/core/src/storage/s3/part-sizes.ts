const MEBIBYTE = 1_048_576;

/** S3's limits: parts of one upload, and the bytes of an object that they can add up to (5 TiB). */
export const MAX_PARTS = 10_000;

/**
 * How many bytes the parts of an upload have whose length nobody knows beforehand: small ones first, so that a small
 * object takes little memory; 64 MiB up to 500 GB; then as many as it takes to reach 5 TiB in 10,000 parts.
 */
const TIERS = [
  { upTo: 64, sizeBytes: 16 * MEBIBYTE },
  { upTo: 7_500, sizeBytes: 64 * MEBIBYTE },
  { upTo: MAX_PARTS, sizeBytes: 1_907 * MEBIBYTE },
] as const;

/** The size of part `number`, counted from 1; undefined beyond the last one that S3 takes. */
export function partSize(number: number): number | undefined {
  return TIERS.find(({ upTo }) => number <= upTo)?.sizeBytes;
}
