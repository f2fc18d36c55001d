import { expect, test } from 'vitest';
import { crc32Of, EMPTY, formatCrc32, joinCrc32 } from './crc32.ts';

test('the sum of parts is the sum of the whole, wherever it is cut', () => {
  const whole = Buffer.from(Array.from({ length: 70_001 }, (_, i) => (i * 31 + (i >> 8)) & 255));
  for (const cut of [0, 1, 7, 255, 65_536, 70_000, 70_001]) {
    expect(joinCrc32(crc32Of(whole.subarray(0, cut)), crc32Of(whole.subarray(cut)))).toEqual(crc32Of(whole));
  }
  const thirds = [whole.subarray(0, 3), whole.subarray(3, 60_000), whole.subarray(60_000)];
  expect(thirds.map((bytes) => crc32Of(bytes)).reduce(joinCrc32, EMPTY)).toEqual(crc32Of(whole));
});

test('parts of the largest size add up', () => {
  const zeros = crc32Of(Buffer.alloc(1_048_576));
  let sum = zeros;
  for (let i = 0; i < 12; i++) sum = joinCrc32(sum, sum);
  // Python: for zlib.crc32 over 4 GiB of zeros, fed in pieces.
  expect(sum).toEqual({ sizeBytes: 4_294_967_296, value: 3_523_407_757 });
});

test('is written as S3 writes it', () => {
  // The check value of CRC-32/ISO-HDLC: cbf43926.
  expect(formatCrc32(crc32Of(Buffer.from('123456789')))).toBe('y/Q5Jg==');
});
