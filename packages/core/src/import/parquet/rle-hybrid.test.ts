import { varint } from '@datasens/testkit/parquet/thrift-writer.ts';
import { expect, test } from 'vitest';
import { readHybrid } from './rle-hybrid.ts';

/** Values of `width` bits, packed from the lowest bit on, in groups of 8. */
function packed(values: readonly number[], width: number): Buffer {
  let bits = 0n;
  for (const [index, value] of values.entries()) bits |= BigInt(value) << BigInt(index * width);
  const bytes = Buffer.alloc((values.length * width) / 8);
  for (let at = 0; at < bytes.length; at += 1) bytes[at] = Number((bits >> BigInt(8 * at)) & 0xffn);
  return Buffer.concat([varint((values.length / 8) * 2 + 1), bytes]);
}

test.each([1, 2, 3, 7, 8, 12, 17, 24, 25, 31])('numbers of %i bits are those that were packed', (width) => {
  const highest = 2 ** width - 1;
  const values = [
    0,
    highest,
    1,
    highest - 1,
    0,
    highest,
    highest >>> 1,
    1,
    ...Array.from({ length: 8 }, () => highest),
  ];
  const out = new Int32Array(values.length);
  readHybrid(packed(values, width), 0, width, out);
  expect([...out]).toEqual(values);
});

test('runs and packed numbers take turns, and padding is left out', () => {
  const bytes = Buffer.concat([Buffer.of(2 * 3, 5), packed([1, 2, 3, 4, 5, 6, 7, 0], 3), Buffer.of(2 * 2, 7)]);
  const out = new Uint8Array(12);
  readHybrid(bytes, 0, 3, out);
  expect([...out]).toEqual([5, 5, 5, 1, 2, 3, 4, 5, 6, 7, 0, 7]);
});

test.each([
  ['that end too early', Buffer.of(2 * 3, 5)],
  ['of packed numbers that are cut off', Buffer.of(0x03, 0xff)],
  ['without a value', Buffer.of(2 * 8)],
  ['of no length', Buffer.of(0, 1, 0, 1)],
  ['whose length has no end', Buffer.of(0x80, 0x80, 0x80, 0x80, 0x80, 0x80)],
  ['that are not there', Buffer.alloc(0)],
])('runs %s are an error, not zeros', (_, bytes) => {
  expect(() => readHybrid(bytes, 0, 3, new Uint8Array(8))).toThrow();
});

test('a run that is longer than what is wanted costs no memory', () => {
  const out = new Uint8Array(4);
  readHybrid(Buffer.concat([varint(2 ** 31), Buffer.of(1)]), 0, 1, out);
  expect([...out]).toEqual([1, 1, 1, 1]);
});
