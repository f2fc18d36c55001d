/** A value of Thrift's compact protocol, as far as Parquet has any. */
export type ThriftValue =
  | { readonly i32: number }
  | { readonly i64: number | bigint }
  | { readonly text: string | Buffer }
  | { readonly flag: boolean }
  | { readonly list: readonly ThriftValue[] }
  | { readonly struct: ThriftFields };

/** By their numbers, in ascending order; what is undefined is left out. */
export type ThriftFields = Readonly<Record<number, ThriftValue | undefined>>;

export function thriftStruct(fields: ThriftFields): Buffer {
  const parts: Buffer[] = [];
  let before = 0;
  for (const [key, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    const id = Number(key);
    parts.push(id - before < 16 ? Buffer.of(((id - before) << 4) | typeOf(value)) : longHead(id, value));
    if (!('flag' in value)) parts.push(encoded(value));
    before = id;
  }
  return Buffer.concat([...parts, Buffer.of(0)]);
}

export function varint(value: number | bigint): Buffer {
  const bytes: number[] = [];
  let rest = BigInt(value);
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return Buffer.from([...bytes, Number(rest)]);
}

function longHead(id: number, value: ThriftValue): Buffer {
  return Buffer.concat([Buffer.of(typeOf(value)), zigzag(id)]);
}

function zigzag(value: number | bigint): Buffer {
  return varint(BigInt.asUintN(64, (BigInt(value) << 1n) ^ (BigInt(value) >> 63n)));
}

function typeOf(value: ThriftValue): number {
  if ('flag' in value) return value.flag ? 1 : 2;
  if ('i32' in value) return 5;
  if ('i64' in value) return 6;
  if ('text' in value) return 8;
  return 'list' in value ? 9 : 12;
}

function encoded(value: ThriftValue): Buffer {
  if ('i32' in value) return zigzag(value.i32);
  if ('i64' in value) return zigzag(value.i64);
  if ('struct' in value) return thriftStruct(value.struct);
  if ('text' in value) {
    const bytes = Buffer.from(value.text as string);
    return Buffer.concat([varint(bytes.length), bytes]);
  }
  if ('flag' in value) return Buffer.of(value.flag ? 1 : 2);
  const [first] = value.list;
  const type = first === undefined ? 12 : typeOf(first);
  const head =
    value.list.length < 15
      ? [Buffer.of((value.list.length << 4) | type)]
      : [Buffer.of(0xf0 | type), varint(value.list.length)];
  return Buffer.concat([...head, ...value.list.map(encoded)]);
}
