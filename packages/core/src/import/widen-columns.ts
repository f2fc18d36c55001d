import { PLACE } from './csv/field-place.ts';
import { fieldText } from './csv/field-text.ts';
import type { LoadJob } from './load-job.ts';
import type { LoadColumn } from './plan-import.ts';
import { widenType } from './types/fits-type.ts';
import { recordCheck } from './types/record-check.ts';

/**
 * The columns with the types that keep every value of the file, where they were inferred: one look at all of it, so
 * that it is started again once, however many columns the sample was wrong about. `broken` is one of those, or a column
 * whose type was declared: no look at its values tells a wider one, and it becomes text.
 */
export async function widenColumns(
  { deps, source, reading }: Pick<LoadJob, 'deps' | 'source' | 'reading'>,
  columns: readonly LoadColumn[],
  broken: number,
): Promise<LoadColumn[]> {
  if (columns[broken]?.inferred === false) {
    return columns.map((column, index) => (index === broken ? withType(column, 'text') : column));
  }
  const { decimal, grammar } = reading;
  const pass = await reading.openRows(source, columns, deps.signal);
  const wide = [...columns];
  let check = recordCheck(wide, decimal, grammar);
  for await (const { records } of pass.batches) {
    for (const record of records) {
      for (let index = check(record); index >= 0; index = check(record)) {
        const column = wide[index] as LoadColumn;
        const { bytes, places } = record;
        const at = record.placesAt + index * PLACE;
        const value = fieldText(bytes, places, at, grammar) ?? '';
        wide[index] = withType(column, widenType(value, column, decimal, places[at] as number));
        check = recordCheck(wide, decimal, grammar);
      }
    }
  }
  const left = wide[broken];
  // What one path refused and the other did not: text takes it.
  if (left !== undefined && left.type === columns[broken]?.type) wide[broken] = withType(left, 'text');
  return wide;
}

function withType({ dateFormat: _, ...column }: LoadColumn, type: LoadColumn['type']): LoadColumn {
  return {
    ...column,
    type,
    sqlType: type,
    inferred: type !== 'text',
    widenedFrom: column.widenedFrom ?? column.type,
  };
}
