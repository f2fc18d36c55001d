import { crc32 } from 'node:zlib';
import { type ThriftFields, thriftStruct } from './thrift-writer.ts';

/** An element of a schema; with `children` it is a group. */
export interface TestElement {
  readonly name: string;
  readonly type?: keyof typeof TYPES;
  readonly repetition?: keyof typeof REPETITIONS;
  readonly length?: number;
  /** ConvertedType, by its number. */
  readonly converted?: number;
  readonly scale?: number;
  readonly precision?: number;
  readonly logical?: ThriftFields;
  readonly children?: readonly TestElement[];
}

export interface TestPage {
  /** Of values, NULL among them. */
  readonly count: number;
  /** Levels, if any, and values. */
  readonly body: Buffer;
  /** Encoding, by its number; PLAIN by default. */
  readonly encoding?: number;
  readonly isDictionary?: boolean;
  readonly checksum?: boolean;
  /** What its header says in place of the truth. */
  readonly sizeBytes?: number;
  readonly unpackedBytes?: number;
}

export interface TestChunk {
  readonly pages: readonly TestPage[];
  /** CompressionCodec, by its number. */
  readonly codec?: number;
  /** What the footer says in place of the truth. */
  readonly start?: number;
  readonly sizeBytes?: number;
  readonly values?: number;
  readonly path?: readonly string[];
}

export interface TestParquet {
  readonly schema: readonly TestElement[];
  /** Of each row group its rows, and a chunk for each leaf. */
  readonly groups: readonly { readonly rows: number; readonly chunks: readonly TestChunk[] }[];
  /** What the footer says in place of the truth. */
  readonly rows?: number;
  readonly footerBytes?: number;
}

const TYPES = { BOOLEAN: 0, INT32: 1, INT64: 2, INT96: 3, FLOAT: 4, DOUBLE: 5, BYTE_ARRAY: 6, FIXED: 7 } as const;
const REPETITIONS = { required: 0, optional: 1, repeated: 2 } as const;
const MAGIC = Buffer.from('PAR1');

/** A Parquet file as the test wants it, lies and all. */
export function parquetFile({ schema, groups, rows, footerBytes }: TestParquet): Buffer {
  const parts: Buffer[] = [MAGIC];
  let at = MAGIC.length;
  const leaves = schema.flatMap((element) => leavesOf(element, []));
  const rowGroups = groups.map((group) => {
    const columns = group.chunks.map((chunk, index) => {
      const { path, type } = leaves[index] as Leaf;
      const start = at;
      for (const page of chunk.pages) {
        const bytes = Buffer.concat([pageHeader(page), page.body]);
        parts.push(bytes);
        at += bytes.length;
      }
      const values = chunk.pages.reduce((sum, page) => sum + (page.isDictionary ? 0 : page.count), 0);
      return {
        struct: {
          2: { i64: 0 },
          3: {
            struct: {
              1: { i32: type },
              2: { list: [{ i32: 0 }] },
              3: { list: (chunk.path ?? path).map((text) => ({ text })) },
              4: { i32: chunk.codec ?? 0 },
              5: { i64: chunk.values ?? values },
              6: { i64: at - start },
              7: { i64: chunk.sizeBytes ?? at - start },
              9: { i64: chunk.start ?? start },
            },
          },
        },
      };
    });
    return { struct: { 1: { list: columns }, 2: { i64: at }, 3: { i64: group.rows } } };
  });
  const footer = thriftStruct({
    1: { i32: 2 },
    2: { list: [element({ name: 'schema', children: schema }), ...schema.flatMap(elementsOf)] },
    3: { i64: rows ?? groups.reduce((sum, group) => sum + group.rows, 0) },
    4: { list: rowGroups },
  });
  const length = Buffer.alloc(4);
  length.writeUInt32LE(footerBytes ?? footer.length);
  return Buffer.concat([...parts, footer, length, MAGIC]);
}

/** PLAIN values. */
export const plain = {
  int32: (values: readonly number[]) => Buffer.from(Int32Array.from(values).buffer),
  int64: (values: readonly bigint[]) => Buffer.from(BigInt64Array.from(values).buffer),
  bytes: (values: readonly (string | Buffer)[]) =>
    Buffer.concat(
      values.flatMap((value) => {
        const bytes = Buffer.from(value as string);
        const length = Buffer.alloc(4);
        length.writeUInt32LE(bytes.length);
        return [length, bytes];
      }),
    ),
};

/** Levels of up to 7 bits as data pages of version 1 have them in front: their length, and a run for each. */
export function levels(values: readonly number[]): Buffer {
  const runs = Buffer.from(values.flatMap((value) => [2, value]));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(runs.length);
  return Buffer.concat([length, runs]);
}

function pageHeader({
  count,
  body,
  encoding = 0,
  isDictionary = false,
  checksum,
  sizeBytes,
  unpackedBytes,
}: TestPage): Buffer {
  const values = { 1: { i32: count }, 2: { i32: encoding } };
  return thriftStruct({
    1: { i32: isDictionary ? 2 : 0 },
    2: { i32: unpackedBytes ?? body.length },
    3: { i32: sizeBytes ?? body.length },
    4: checksum ? { i32: crc32(body) | 0 } : undefined,
    5: isDictionary ? undefined : { struct: { ...values, 3: { i32: RLE }, 4: { i32: RLE } } },
    7: isDictionary ? { struct: values } : undefined,
  });
}

const RLE = 3;

function element({ name, type, repetition, length, converted, scale, precision, logical, children }: TestElement) {
  return {
    struct: {
      1: type === undefined ? undefined : { i32: TYPES[type] },
      2: length === undefined ? undefined : { i32: length },
      3: repetition === undefined ? undefined : { i32: REPETITIONS[repetition] },
      4: { text: name },
      5: children === undefined ? undefined : { i32: children.length },
      6: converted === undefined ? undefined : { i32: converted },
      7: scale === undefined ? undefined : { i32: scale },
      8: precision === undefined ? undefined : { i32: precision },
      10: logical === undefined ? undefined : { struct: logical },
    },
  };
}

function elementsOf(one: TestElement): ReturnType<typeof element>[] {
  return [element({ repetition: 'required', ...one }), ...(one.children ?? []).flatMap(elementsOf)];
}

interface Leaf {
  readonly path: readonly string[];
  readonly type: number;
}

function leavesOf({ name, type, children = [] }: TestElement, above: readonly string[]): Leaf[] {
  const path = [...above, name];
  return type === undefined ? children.flatMap((child) => leavesOf(child, path)) : [{ path, type: TYPES[type] }];
}
