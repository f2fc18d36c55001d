import type { Encoding, ParquetType } from 'hyparquet';
import { deltaBinaryUnpack } from 'hyparquet/src/delta.js';
import { unsupported } from './refusal.ts';
import { readHybrid } from './rle-hybrid.ts';
import { boundedValues, fixedValues, type Values } from './values.ts';

export interface ValueType {
  readonly type: ParquetType;
  /** Of a FIXED_LEN_BYTE_ARRAY. */
  readonly length: number;
}

export interface ValueRoom {
  readonly count: number;
  /** The most that the values may take in memory. */
  readonly limitBytes: number;
}

/** The values of a page, from `start` on, but for those that a dictionary has. Throws for bytes that do not add up. */
export function decodeValues(
  bytes: Uint8Array,
  start: number,
  encoding: Encoding | undefined,
  { type, length }: ValueType,
  { count, limitBytes }: ValueRoom,
): Values {
  const width = widthOf(type, length);
  if (Math.max(width, 8) * count > limitBytes) throw tooMany(count);
  const rest = bytes.subarray(start);
  switch (encoding) {
    case 'PLAIN':
      if (type === 'BOOLEAN') return plainBooleans(rest, count);
      return type === 'BYTE_ARRAY' ? plainByteArrays(rest, count) : fixedValues(rest, width, count);
    case 'RLE':
      if (type === 'BOOLEAN') return runLengthBooleans(rest, count);
      break;
    case 'BYTE_STREAM_SPLIT':
      if (type !== 'BYTE_ARRAY' && type !== 'BOOLEAN') return joinStreams(rest, width, count);
      break;
    case 'DELTA_BINARY_PACKED':
      if (type === 'INT32' || type === 'INT64')
        return fixedValues(asBytes(unpackDeltas(rest, type, count).numbers), width, count);
      break;
    case 'DELTA_LENGTH_BYTE_ARRAY':
      if (type === 'BYTE_ARRAY') return lengthsAndBytes(rest, count);
      break;
    case 'DELTA_BYTE_ARRAY':
      if (type === 'BYTE_ARRAY' || type === 'FIXED_LEN_BYTE_ARRAY')
        return prefixesAndSuffixes(rest, width, { count, limitBytes });
      break;
    default:
  }
  throw unsupported(
    `values of the type ${type} are encoded as ${encoding ?? 'something unknown'}`,
    'Write it with other encodings',
  );
}

export function tooMany(count: number): Error {
  return unsupported(`a page has ${count} values, which is more than fit in memory`, 'Write it with smaller pages');
}

/** 0 where values have no fixed one. */
function widthOf(type: ParquetType, length: number): number {
  if (type !== 'FIXED_LEN_BYTE_ARRAY') return WIDTHS[type];
  if (!(length > 0)) throw new Error(`the schema gives its values ${length} bytes`);
  return length;
}

const WIDTHS = { BOOLEAN: 1, INT32: 4, INT64: 8, INT96: 12, FLOAT: 4, DOUBLE: 8, BYTE_ARRAY: 0 } as const;

function plainBooleans(bytes: Uint8Array, count: number): Values {
  if (bytes.length * 8 < count) throw new Error(`${count} values do not fit in ${bytes.length} bytes`);
  const values = new Uint8Array(count);
  for (let index = 0; index < count; index += 1) values[index] = ((bytes[index >> 3] as number) >> (index & 7)) & 1;
  return fixedValues(values, 1, count);
}

function runLengthBooleans(bytes: Uint8Array, count: number): Values {
  const values = new Uint8Array(count);
  // In front is how many bytes there are.
  readHybrid(bytes, 4, 1, values);
  return fixedValues(values, 1, count);
}

function plainByteArrays(bytes: Uint8Array, count: number): Values {
  const view = viewOf(bytes);
  const bounds = new Uint32Array(2 * count);
  let at = 0;
  for (let index = 0; index < count; index += 1) {
    const start = at + 4;
    at = start + view.getUint32(at, true);
    if (at > bytes.length) throw new Error('a value would be longer than its page');
    bounds[2 * index] = start;
    bounds[2 * index + 1] = at;
  }
  return boundedValues(bytes, bounds);
}

/** "Byte stream split": first the first bytes of all values, then the second ones. */
function joinStreams(bytes: Uint8Array, width: number, count: number): Values {
  if (bytes.length < width * count) throw new Error(`${count} values do not fit in ${bytes.length} bytes`);
  const values = new Uint8Array(width * count);
  for (let stream = 0; stream < width; stream += 1) {
    const from = stream * count;
    for (let index = 0; index < count; index += 1) values[index * width + stream] = bytes[from + index] as number;
  }
  return fixedValues(values, width, count);
}

function unpackDeltas<T extends 'INT32' | 'INT64'>(bytes: Uint8Array, type: T, count: number) {
  const reader = { view: viewOf(bytes), offset: 0 };
  const numbers = type === 'INT32' ? new Int32Array(count) : new BigInt64Array(count);
  // Where there are no values there may be nothing at all.
  if (count > 0 || bytes.length > 0) {
    const promised = deltaCount(bytes);
    if (promised !== count) throw new Error(`it has ${promised} values where ${count} should be`);
    deltaBinaryUnpack(reader, count, numbers);
  }
  return { numbers: numbers as T extends 'INT32' ? Int32Array : BigInt64Array, end: reader.offset };
}

/** The third number of the header: a block's size and that of its parts come before it. */
function deltaCount(bytes: Uint8Array): number {
  let at = 0;
  for (let skipped = 0; skipped < 2; at += 1) if ((bytes[at] ?? 0) < 0x80) skipped += 1;
  let value = 0;
  for (let shift = 0; shift < 35; shift += 7, at += 1) {
    value += ((bytes[at] ?? 0) & 0x7f) * 2 ** shift;
    if ((bytes[at] ?? 0) < 0x80) break;
  }
  return value;
}

function lengthsAndBytes(bytes: Uint8Array, count: number): Values {
  const { numbers, end } = unpackDeltas(bytes, 'INT32', count);
  const bounds = new Uint32Array(2 * count);
  let at = end;
  for (const [index, length] of numbers.entries()) {
    bounds[2 * index] = at;
    at += length;
    if (length < 0 || at > bytes.length) throw new Error('a value would be longer than its page');
    bounds[2 * index + 1] = at;
  }
  return boundedValues(bytes, bounds);
}

/** "Delta strings": each value begins as the one before it. */
function prefixesAndSuffixes(bytes: Uint8Array, width: number, { count, limitBytes }: ValueRoom): Values {
  const prefixes = unpackDeltas(bytes, 'INT32', count);
  const suffixes = unpackDeltas(bytes.subarray(prefixes.end), 'INT32', count);
  let total = 0;
  for (let index = 0; index < count; index += 1) {
    const prefix = prefixes.numbers[index] as number;
    const suffix = suffixes.numbers[index] as number;
    if (prefix < 0 || suffix < 0 || (width > 0 && prefix + suffix !== width))
      throw new Error('a value has a wrong length');
    total += prefix + suffix;
  }
  if (total > limitBytes) throw tooMany(count);
  const values = new Uint8Array(total);
  const bounds = new Uint32Array(2 * count);
  let from = prefixes.end + suffixes.end;
  let at = 0;
  let before = 0;
  for (let index = 0; index < count; index += 1) {
    const prefix = prefixes.numbers[index] as number;
    const suffix = suffixes.numbers[index] as number;
    if (prefix > at - before || from + suffix > bytes.length) throw new Error('a value would be longer than its page');
    values.copyWithin(at, before, before + prefix);
    values.set(bytes.subarray(from, from + suffix), at + prefix);
    before = at;
    from += suffix;
    at += prefix + suffix;
    bounds[2 * index] = before;
    bounds[2 * index + 1] = at;
  }
  return width > 0 ? fixedValues(values, width, count) : boundedValues(values, bounds);
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView<ArrayBuffer> {
  return new DataView(buffer as ArrayBuffer, byteOffset, byteLength);
}

function asBytes({ buffer, byteOffset, byteLength }: Int32Array | BigInt64Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
