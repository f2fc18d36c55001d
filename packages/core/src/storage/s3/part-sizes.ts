/** Parts are made of blocks of this size; the last block of an object may be smaller. */
export const BLOCK_BYTES = 16_777_216;

/** S3's limit of parts of one upload (S3 user guide, "Multipart upload limits"). */
const MAX_PARTS = 10_000;

/**
 * How many blocks the parts of an upload have whose length nobody knows beforehand: one at first, so that a small object
 * takes little memory; 64 MiB up to 500 GB; then as many as it takes to reach 5 TiB in 10,000 parts.
 */
const TIERS = [
  { upTo: 64, blocks: 1 },
  { upTo: 7_500, blocks: 4 },
  { upTo: MAX_PARTS, blocks: 120 },
] as const;

/** The blocks of part `number`, counted from 1; undefined beyond the last one that S3 takes. */
export function blocksOfPart(number: number): number | undefined {
  return TIERS.find(({ upTo }) => number <= upTo)?.blocks;
}
