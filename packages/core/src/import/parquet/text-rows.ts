import { BARE, NULL } from '../csv/field-place.ts';
import type { Reject } from '../csv/reject.ts';
import type { SplitBatch, SplitRecord } from '../csv/split-records.ts';
import type { EncodeValue } from './encode-value.ts';
import type { Meaning } from './meaning.ts';
import type { RowCursor, RowWindow, WindowColumn } from './row-cursor.ts';
import { emptySink } from './sink.ts';
import { valueJson, valueText } from './value-text.ts';

export interface TextColumn {
  readonly name: string;
  readonly meaning: Meaning;
  /** Tells whether a value fits; nothing where the server is left to tell. */
  readonly check: EncodeValue | undefined;
}

/** A batch ends behind so many bytes or rows. */
const BATCH_BYTES = 1_048_576;
const BATCH_ROWS = 1_024;

/**
 * Rows as text that PostgreSQL reads, in the shape of delimited text that was split: the `line` of a record is its row,
 * from 1, its bytes from `start` to `end` are the row as a JSON object, and its places lie elsewhere in the bytes. A row
 * with a value that does not fit is a reject.
 */
export async function* textRows(cursor: RowCursor, columns: readonly TextColumn[]): AsyncGenerator<SplitBatch> {
  const write = rowWriter(columns);
  for (let window = await cursor.next(); window !== undefined; window = await cursor.next()) {
    const records: Omit<SplitRecord, 'bytes' | 'places'>[] = [];
    const rejects: Reject[] = [];
    const parts: Buffer[] = [];
    const places: number[] = [];
    let size = 0;
    let rows = 0;
    for (; rows < Math.min(window.rows, BATCH_ROWS) && size < BATCH_BYTES; rows += 1) {
      const line = window.firstRow + rows + 1;
      const { raw, fields, because } = write(window, rows);
      if (because !== undefined) {
        rejects.push({ line, raw, reason: because });
        size += raw.length;
        continue;
      }
      const placesAt = places.length;
      for (const field of fields) {
        places.push(field === null ? NULL : BARE, size, size + (field?.length ?? 0));
        if (field === null) continue;
        parts.push(field);
        size += field.length;
      }
      const own = Buffer.from(raw);
      parts.push(own);
      records.push({ line, start: size, end: size + own.length, placesAt });
      size += own.length;
    }
    const shared = { bytes: Buffer.concat(parts), places: Int32Array.from(places) };
    yield { records: records.map((record) => ({ ...record, ...shared })), rejects, blankRows: 0 };
    cursor.advance(rows);
  }
}

function rowWriter(columns: readonly TextColumn[]) {
  const writers = columns.map(({ name, meaning, check }) => ({
    name,
    check,
    text: valueText(meaning),
    json: valueJson(meaning),
    label: JSON.stringify(name),
  }));
  // What is encoded here goes nowhere: it is but to be known that it can be.
  const trial = emptySink();
  return ({ columns: at }: RowWindow, row: number) => {
    const fields: (Buffer | null)[] = [];
    const members: string[] = [];
    let because: string | undefined;
    for (const [index, { name, check, text, json, label }] of writers.entries()) {
      const { values, indices, from } = at[index] as WindowColumn;
      const value = indices[from + row] as number;
      if (value === -1) {
        fields.push(null);
        members.push(`${label}: null`);
        continue;
      }
      trial.size = 0;
      const misfit = check?.(values, value, trial);
      if (misfit !== undefined) because ??= `${name}: ${misfit}`;
      fields.push(Buffer.from(text(values, value)));
      members.push(`${label}: ${json(values, value)}`);
    }
    return { raw: `{${members.join(', ')}}`, fields, because };
  };
}
