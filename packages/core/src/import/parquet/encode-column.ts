import type { EncodeValue } from './encode-value.ts';
import type { WindowColumn } from './row-cursor.ts';
import { emptySink, putBytes, reserve, type Sink } from './sink.ts';
import type { Values } from './values.ts';

/** Fields of consecutive rows of a column, their lengths in front. */
export interface EncodedColumn {
  readonly bytes: Buffer;
  /** Where the field of each row ends. */
  readonly ends: Int32Array;
  readonly rows: number;
  /** Why the row behind them has no field; nothing where there was but no room for more. */
  readonly because: string | undefined;
}

export interface EncodeLimits {
  readonly rows: number;
  /** No row is begun behind so many bytes. */
  readonly bytes: number;
}

/** Encodes rows of one column after the other into memory that is used again. */
export function columnEncoder(encode: EncodeValue): (column: WindowColumn, limits: EncodeLimits) => EncodedColumn {
  const sink = emptySink();
  let ends = new Int32Array(0);
  let known: KnownValues | undefined;

  return ({ values, indices, from, isShared }, limits) => {
    if (ends.length < limits.rows) ends = new Int32Array(limits.rows);
    if (isShared && known?.values !== values) known = knownValues(values);
    const put = isShared && known !== undefined ? encodedOnce(known, encode) : encode;
    sink.size = 0;
    let row = 0;
    let because: string | undefined;
    for (; row < limits.rows && (row === 0 || sink.size < limits.bytes); row += 1) {
      const index = indices[from + row] as number;
      if (index === -1) putNull(sink);
      else {
        because = put(values, index, sink);
        if (because !== undefined) break;
      }
      ends[row] = sink.size;
    }
    return { bytes: sink.bytes, ends, rows: row, because };
  };
}

function putNull(sink: Sink): void {
  reserve(sink, 4);
  sink.view.setInt32(sink.size, -1);
  sink.size += 4;
}

/** Values of a dictionary that were encoded already: each is once, however many rows have it. */
interface KnownValues {
  readonly values: Values;
  readonly sink: Sink;
  /** By index, where the field begins and ends; 0 and 0 where it is not known. */
  readonly bounds: Int32Array;
}

function knownValues(values: Values): KnownValues {
  return { values, sink: emptySink(), bounds: new Int32Array(2 * values.count) };
}

function encodedOnce({ sink: known, bounds }: KnownValues, encode: EncodeValue): EncodeValue {
  return (values, index, sink) => {
    if (bounds[2 * index + 1] === 0) {
      const start = known.size;
      const because = encode(values, index, known);
      if (because !== undefined) return because;
      bounds[2 * index] = start;
      bounds[2 * index + 1] = known.size;
    }
    putBytes(sink, known.bytes, bounds[2 * index] as number, bounds[2 * index + 1] as number);
    return undefined;
  };
}
