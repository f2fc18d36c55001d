import type { LeafPage } from './leaf-pages.ts';
import type { Values } from './values.ts';

/** Consecutive rows of a column. */
export interface ColumnRows {
  readonly values: Values;
  /** By row: which of the values it has; -1 for NULL. */
  readonly indices: Int32Array;
  /** Whether other rows may have the same of them: they are those of a dictionary. */
  readonly isShared: boolean;
  readonly rows: number;
  /** In memory, without a dictionary. */
  readonly sizeBytes: number;
}

/** A leaf at the top of the schema has a row for each entry. */
export async function* flatRows(pages: AsyncGenerator<LeafPage>): AsyncGenerator<ColumnRows> {
  for await (const { entries, sizeBytes, values, indices, isShared } of pages) {
    yield { values, indices, isShared, rows: entries, sizeBytes };
  }
}
