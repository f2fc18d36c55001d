import { fieldTexts } from '@datasens/core/import/csv/field-text.ts';
import type { Reject } from '@datasens/core/import/csv/reject.ts';
import { openParquet, type ParquetOptions } from '@datasens/core/import/parquet/open-parquet.ts';
import type { Source } from '@datasens/core/import/source/source.ts';
import { memorySource } from './memory-source.ts';

export interface ReadRows {
  readonly names: readonly string[];
  readonly types: readonly string[];
  readonly rows: readonly (readonly (string | null)[])[];
  readonly rejects: readonly Reject[];
}

/** All rows of a Parquet file as text, and its columns; of other types than its own where they are given. */
export async function readRows(
  file: Uint8Array | Source,
  { types, ...options }: Partial<ParquetOptions> & { readonly types?: readonly string[] } = {},
): Promise<ReadRows> {
  const source = file instanceof Uint8Array ? memorySource(file) : file;
  const { columns, textRows } = await openParquet(source, { signal: new AbortController().signal, ...options });
  const targets = columns.map(({ sqlType }, column) => ({ column, sqlType: types?.[column] ?? sqlType }));
  const rows: (string | null)[][] = [];
  const rejects: Reject[] = [];
  for await (const batch of textRows(targets)) {
    for (const { bytes, places, placesAt } of batch.records) {
      rows.push(fieldTexts(bytes, places, { at: placesAt, count: columns.length }, NO_GRAMMAR));
    }
    rejects.push(...batch.rejects);
  }
  return { names: columns.map(({ name }) => name), types: targets.map(({ sqlType }) => sqlType), rows, rejects };
}

/** No field is escaped. */
const NO_GRAMMAR = {} as never;
