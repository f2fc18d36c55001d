import { columnEncoder, type EncodedColumn } from './encode-column.ts';
import type { EncodeValue } from './encode-value.ts';
import { Misfit } from './misfit.ts';
import type { RowCursor, WindowColumn } from './row-cursor.ts';
import { copyShort } from './sink.ts';

/** Rows as `COPY … (FORMAT binary)` reads them: all parts, one behind the other, are one COPY. */
export interface BinaryPart {
  /** The receiver's to keep. */
  readonly bytes: Uint8Array;
  /** How many rows there are in it. */
  readonly rows: number;
}

/** About so many bytes of a column, and so many rows, are made at a time; a single field may be longer. */
const FIELD_BYTES = 1_048_576;
const MOST_ROWS = 8_192;

/** PostgreSQL manual, "COPY", "Binary Format": the signature, no flags, no extension; and the trailer. */
const HEADER = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1');
const TRAILER = Buffer.from([0xff, 0xff]);

/** Throws `Misfit` at the first row that has one, and what the cursor throws. `names` are for messages. */
export async function* binaryRows(
  cursor: RowCursor,
  encoders: readonly EncodeValue[],
  names: readonly string[],
): AsyncGenerator<BinaryPart> {
  const columns = encoders.map(columnEncoder);
  yield { bytes: Uint8Array.from(HEADER), rows: 0 };
  let most = MOST_ROWS;
  for (let window = await cursor.next(); window !== undefined; window = await cursor.next()) {
    let rows = Math.min(window.rows, most);
    const fields: EncodedColumn[] = [];
    for (const [index, encodeColumn] of columns.entries()) {
      const encoded = encodeColumn(window.columns[index] as WindowColumn, { rows, bytes: FIELD_BYTES });
      fields.push(encoded);
      rows = encoded.rows;
    }
    const bad = fields.findIndex((field) => field.rows === rows && field.because !== undefined);
    if (bad >= 0) {
      throw new Misfit(window.firstRow + rows + 1, { index: bad, name: names[bad] ?? '' }, fields[bad]?.because ?? '');
    }
    yield { bytes: joinRows(fields, rows), rows };
    cursor.advance(rows);
    // What was encoded of further rows is encoded again: there is less of it the next time.
    most = Math.min(MOST_ROWS, rows * 2);
  }
  yield { bytes: Uint8Array.from(TRAILER), rows: 0 };
}

/** Row by row: how many fields there are, and then they. */
function joinRows(columns: readonly EncodedColumn[], rows: number): Uint8Array {
  const size = columns.reduce((sum, { ends }) => sum + (ends[rows - 1] as number), rows * 2);
  const out = Buffer.allocUnsafeSlow(size);
  const starts = new Int32Array(columns.length);
  let at = 0;
  for (let row = 0; row < rows; row += 1) {
    at = out.writeInt16BE(columns.length, at);
    for (let column = 0; column < columns.length; column += 1) {
      const { bytes, ends } = columns[column] as EncodedColumn;
      const start = starts[column] as number;
      const end = ends[row] as number;
      copyShort(bytes, start, end, out, at);
      at += end - start;
      starts[column] = end;
    }
  }
  return out;
}
