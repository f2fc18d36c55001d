import { isUtf8 } from 'node:buffer';
import { putNumeric } from './encode-numeric.ts';
import { timeEncoder } from './encode-time.ts';
import type { Meaning } from './meaning.ts';
import { readFloat, readInteger, readUnscaled } from './read-value.ts';
import { reserve, type Sink } from './sink.ts';
import { targetType } from './target-type.ts';
import { NOT_UTF8, valueText } from './value-text.ts';
import { endOf, startOf, type Values } from './values.ts';

/**
 * Writes the value at `index` as `COPY … (FORMAT binary)` has it, its length in front. Returns why it is not what its
 * target can hold; nothing where it was written. A value is never made to fit.
 */
export type EncodeValue = (values: Values, index: number, sink: Sink) => string | undefined;

/** How values go exactly into a column of the type, or why there is no way that is sure to be exact. */
export function valueEncoder(
  meaning: Meaning,
  sqlType: string,
): { readonly encode: EncodeValue } | { readonly because: string } {
  const { name, modifiers } = targetType(sqlType);
  const encode = encoderFor(meaning, name, modifiers);
  return encode === undefined ? { because: `there is no exact way from ${meaning.is} to ${sqlType}` } : { encode };
}

function encoderFor(meaning: Meaning, name: string, modifiers: readonly number[]): EncodeValue | undefined {
  switch (name) {
    case 'text':
    case 'varchar':
      return textEncoder(meaning);
    case 'boolean':
      return meaning.is === 'boolean' ? encodeBoolean : undefined;
    case 'smallint':
    case 'integer':
    case 'bigint':
      return integerEncoder(meaning, name);
    case 'numeric':
      return numericEncoder(meaning, modifiers);
    case 'real':
    case 'double precision':
      return floatEncoder(meaning, name);
    case 'uuid':
      return meaning.is === 'uuid' ? encodeUuid : undefined;
    case 'bytea':
      return meaning.is === 'bytes' ? encodeBytes : undefined;
    case 'json':
    case 'jsonb':
      return jsonEncoder(meaning, name);
    default:
      return timeEncoder(meaning, name, modifiers);
  }
}

const encodeBoolean: EncodeValue = ({ bytes }, index, sink) => {
  reserve(sink, 5);
  sink.view.setInt32(sink.size, 1);
  sink.bytes[sink.size + 4] = bytes[index] as number;
  sink.size += 5;
  return undefined;
};

const encodeUuid: EncodeValue = ({ bytes }, index, sink) => {
  reserve(sink, 20);
  sink.view.setInt32(sink.size, 16);
  bytes.copy(sink.bytes, sink.size + 4, index * 16, index * 16 + 16);
  sink.size += 20;
  return undefined;
};

const encodeBytes: EncodeValue = (values, index, sink) => {
  const start = startOf(values, index);
  const end = endOf(values, index);
  reserve(sink, 4 + end - start);
  sink.view.setInt32(sink.size, end - start);
  values.bytes.copy(sink.bytes, sink.size + 4, start, end);
  sink.size += 4 + end - start;
  return undefined;
};

/** Characters that are there; what is no text becomes the text that PostgreSQL would read it from. */
function textEncoder(meaning: Meaning): EncodeValue {
  if (meaning.is === 'string' || meaning.is === 'bytes' || meaning.is === 'json' || meaning.is === 'nested') {
    return (values, index, sink) => flawOf(values, index, 'text') ?? putCharacters(values, index, sink);
  }
  const text = valueText(meaning);
  return (values, index, sink) => {
    const value = text(values, index);
    reserve(sink, 4 + value.length);
    // All of it is ASCII.
    sink.view.setInt32(sink.size, sink.bytes.write(value, sink.size + 4, 'latin1'));
    sink.size += 4 + value.length;
    return undefined;
  };
}

/** `prefix` is a byte that comes before them; -1 for none. */
function putCharacters(values: Values, index: number, sink: Sink, prefix = -1): string | undefined {
  const start = startOf(values, index);
  const end = endOf(values, index);
  const length = end - start;
  reserve(sink, 5 + length);
  const from = values.bytes;
  const to = sink.bytes;
  let at = sink.size + 4;
  if (prefix >= 0) {
    to[at] = prefix;
    at += 1;
  }
  const shift = at - start;
  let bits = 0;
  let zeros = 0;
  if (length <= 64) {
    for (let next = start; next < end; next += 1) {
      const byte = from[next] as number;
      to[next + shift] = byte;
      bits |= byte;
      if (byte === 0) zeros += 1;
    }
  } else {
    from.copy(to, at, start, end);
    bits = 0x80;
    zeros = from.subarray(start, end).includes(0) ? 1 : 0;
  }
  if (zeros > 0) return HAS_NUL;
  if (bits >= 0x80 && !isUtf8(from.subarray(start, end))) return NOT_UTF8;
  sink.view.setInt32(sink.size, at + length - sink.size - 4);
  sink.size = at + length;
  return undefined;
}

const HAS_NUL = 'it has a NUL character, which PostgreSQL cannot store';

function jsonEncoder({ is }: Meaning, name: 'json' | 'jsonb'): EncodeValue | undefined {
  if (is !== 'nested' && is !== 'json' && is !== 'string') return undefined;
  const prefix = name === 'jsonb' ? JSONB_VERSION : -1;
  return (values, index, sink) => flawOf(values, index, name) ?? putCharacters(values, index, sink, prefix);
}

const JSONB_VERSION = 1;

function flawOf({ flaws }: Values, index: number, name: 'text' | 'json' | 'jsonb'): string | undefined {
  const flaw = flaws?.get(index);
  return flaw === undefined || (flaw.inJsonb && name !== 'jsonb') ? undefined : flaw.because;
}

const RANGES = { smallint: [2, 2n ** 15n], integer: [4, 2n ** 31n], bigint: [8, 2n ** 63n] } as const;

function integerEncoder(meaning: Meaning, name: keyof typeof RANGES): EncodeValue | undefined {
  const read = integerReader(meaning);
  if (read === undefined) return undefined;
  const [width, limit] = RANGES[name];
  const mostSafe = Number(limit) - 1;
  return (values, index, sink) => {
    const value = read(values, index);
    if (value === undefined) return `it is no whole number, and the column is ${name}`;
    const fits =
      typeof value === 'number' ? value >= -mostSafe - 1 && value <= mostSafe : value >= -limit && value < limit;
    if (!fits) return `${value} is out of the range of ${name}`;
    reserve(sink, 4 + width);
    sink.view.setInt32(sink.size, width);
    const at = sink.size + 4;
    if (typeof value === 'bigint') sink.view.setBigInt64(at, value);
    else if (width === 8) {
      sink.view.setInt32(at, Math.floor(value / 2 ** 32));
      // The low 32 bits, of negative numbers in two's complement as well.
      sink.view.setUint32(at + 4, value >>> 0);
    } else if (width === 4) sink.view.setInt32(at, value);
    else sink.view.setInt16(at, value);
    sink.size += 4 + width;
    return undefined;
  };
}

/** Reads what is a whole number, or nothing where a value is none. */
function integerReader(meaning: Meaning): ((values: Values, index: number) => number | bigint | undefined) | undefined {
  if (meaning.is === 'integer') return (values, index) => readInteger(values, index, meaning);
  if (meaning.is === 'decimal' && meaning.scale === 0) return (values, index) => readUnscaled(values, index, meaning);
  if (meaning.is !== 'float') return undefined;
  return (values, index) => {
    const value = readFloat(values, index, meaning);
    return Number.isInteger(value) && !Object.is(value, -0) ? exactInteger(value) : undefined;
  };
}

function exactInteger(value: number): number | bigint {
  return Number.isSafeInteger(value) ? value : BigInt(value);
}

/** Zeros at the end may go where the column has fewer digits after its point; other digits may not. */
function numericEncoder(meaning: Meaning, modifiers: readonly number[]): EncodeValue | undefined {
  const read = integerReader(meaning.is === 'decimal' ? { ...meaning, scale: 0 } : meaning);
  if (read === undefined || (meaning.is !== 'decimal' && meaning.is !== 'integer')) return undefined;
  const scale = meaning.is === 'decimal' ? meaning.scale : 0;
  const [precision, wantedScale = 0] = modifiers;
  const surplus = precision === undefined ? 0 : Math.max(0, scale - wantedScale);
  const unit = 10n ** BigInt(surplus);
  return (values, index, sink) => {
    const unscaled = read(values, index) ?? 0;
    if (surplus > 0 && BigInt(unscaled) % unit !== 0n) {
      return `${valueText(meaning)(values, index)} has more digits after its point than the column`;
    }
    putNumeric(sink, unscaled, scale);
    return undefined;
  };
}

function floatEncoder(meaning: Meaning, name: 'real' | 'double precision'): EncodeValue | undefined {
  const width = name === 'real' ? 4 : 8;
  const read = floatReader(meaning);
  if (read === undefined) return undefined;
  return (values, index, sink) => {
    const value = read(values, index);
    if (value === undefined || (width === 4 && !Object.is(Math.fround(value), value))) {
      return `${valueText(meaning)(values, index)} is not exact in ${name}`;
    }
    reserve(sink, 4 + width);
    sink.view.setInt32(sink.size, width);
    if (width === 4) sink.view.setFloat32(sink.size + 4, value);
    else sink.view.setFloat64(sink.size + 4, value);
    sink.size += 4 + width;
    return undefined;
  };
}

function floatReader(meaning: Meaning): ((values: Values, index: number) => number | undefined) | undefined {
  if (meaning.is === 'float') return (values, index) => readFloat(values, index, meaning);
  if (meaning.is !== 'integer') return undefined;
  return (values, index) => {
    const value = readInteger(values, index, meaning);
    if (typeof value === 'number') return value;
    return BigInt(Number(value)) === value ? Number(value) : undefined;
  };
}
