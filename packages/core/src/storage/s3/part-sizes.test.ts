import { expect, test } from 'vitest';
import { BLOCK_BYTES, blocksOfPart } from './part-sizes.ts';

const LARGEST_OBJECT_BYTES = 5 * 1_024 ** 4;
const LARGEST_PART_BYTES = 5 * 1_024 ** 3;

test('the parts that S3 takes hold the largest object, none of them larger than a part can be', () => {
  let sizeBytes = 0;
  let upTo500Gb = 0;
  for (let number = 1; number <= 10_000; number += 1) {
    const part = (blocksOfPart(number) ?? 0) * BLOCK_BYTES;
    expect(part).toBeLessThanOrEqual(LARGEST_PART_BYTES);
    if (sizeBytes < 500e9) upTo500Gb = Math.max(upTo500Gb, part);
    sizeBytes += part;
  }
  expect(sizeBytes).toBeGreaterThanOrEqual(LARGEST_OBJECT_BYTES);
  // What is held of a part, and so the memory.
  expect(upTo500Gb).toBe(64 * 1_024 ** 2);
  expect(blocksOfPart(10_001)).toBeUndefined();
});
