import { thriftStruct, varint } from '@datasens/testkit/parquet/thrift-writer.ts';
import { expect, test } from 'vitest';
import { thriftExtent } from './thrift-extent.ts';

test('a struct ends where it ends, and has no end where it is cut off', () => {
  const bytes = thriftStruct({
    1: { i32: -5 },
    2: { text: 'é' },
    3: { list: [{ struct: { 1: { flag: true } } }, { struct: {} }] },
    4: { list: Array.from({ length: 20 }, (_, index) => ({ i64: 2 ** index })) },
    30: { flag: false },
  });
  expect(thriftExtent(Buffer.concat([Buffer.of(9), bytes, Buffer.of(9)]), 1)).toBe(bytes.length + 1);
  for (let length = 0; length < bytes.length; length += 1) {
    expect(thriftExtent(bytes.subarray(0, length), 0), `${length} bytes`).toBeUndefined();
  }
});

test('a number without an end is refused before anybody computes it', () => {
  expect(() => thriftExtent(Buffer.concat([Buffer.of(0x16), Buffer.alloc(1_000, 0xff)]), 0)).toThrow(
    /more than 64 bits/,
  );
});

test('a list of more elements than there are bytes ends with the bytes', () => {
  expect(thriftExtent(Buffer.concat([Buffer.of(0x19, 0xf3), varint(2 ** 32 - 1), Buffer.of(0)]), 0)).toBeUndefined();
});

test('structs within structs are refused before they fill the stack', () => {
  expect(() => thriftExtent(Buffer.alloc(100_000, 0x1c), 0)).toThrow(/nested too deeply/);
});
