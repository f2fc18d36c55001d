/**
 * Where a struct of Thrift's compact protocol ends that begins at `start`; nothing where the bytes end before it does.
 * It is looked through before anybody builds objects of it, in linear time: throws for what would cost more than its
 * bytes, numbers of more than 64 bits, lists longer than what follows, and structs nested deeper than Parquet has any.
 */
export function thriftExtent(bytes: Uint8Array, start: number): number | undefined {
  let at = start;

  /** Returns the low 32 bits; of lengths that is enough. */
  function varint(): number {
    let value = 0;
    for (let count = 0; ; count += 1) {
      const byte = bytes[at];
      if (byte === undefined) throw CUT;
      if (count === MOST_VARINT_BYTES) throw new Error('a number has more than 64 bits');
      at += 1;
      if (count < 5) value |= (byte & 0x7f) << (7 * count);
      if (byte < 0x80) return value >>> 0;
    }
  }

  function skip(type: number, depth: number): void {
    switch (type) {
      case TRUE:
      case FALSE:
        return;
      case BYTE:
        at += 1;
        return;
      case I16:
      case I32:
      case I64:
        varint();
        return;
      case DOUBLE:
        at += 8;
        return;
      case BINARY: {
        const length = varint();
        at += length;
        return;
      }
      case LIST:
        skipList(depth);
        return;
      case STRUCT:
        skipStruct(depth + 1);
        return;
      default:
        throw new Error(`there is a field of the unknown type ${type}`);
    }
  }

  function skipList(depth: number): void {
    const head = bytes[at];
    if (head === undefined) throw CUT;
    at += 1;
    const count = head >> 4 === 15 ? varint() : head >> 4;
    const type = head & 0x0f;
    for (let index = 0; index < count; index += 1) {
      if (at > bytes.length) throw CUT;
      // In a list a boolean takes a byte.
      skip(type === TRUE || type === FALSE ? BYTE : type, depth);
    }
  }

  function skipStruct(depth: number): void {
    if (depth > MOST_DEPTH) throw new Error('its structs are nested too deeply');
    for (;;) {
      const head = bytes[at];
      if (head === undefined) throw CUT;
      at += 1;
      const type = head & 0x0f;
      if (type === 0) return;
      if (head >> 4 === 0) varint();
      skip(type, depth);
    }
  }

  try {
    skipStruct(0);
    return at <= bytes.length ? at : undefined;
  } catch (error) {
    if (error === CUT) return undefined;
    throw error;
  }
}

const CUT = new Error('the bytes end too early');
const MOST_VARINT_BYTES = 10;
const MOST_DEPTH = 16;

/** Thrift, "Compact protocol encoding". Maps, sets and UUIDs are in no struct of Parquet. */
const TRUE = 1;
const FALSE = 2;
const BYTE = 3;
const I16 = 4;
const I32 = 5;
const I64 = 6;
const DOUBLE = 7;
const BINARY = 8;
const LIST = 9;
const STRUCT = 12;
