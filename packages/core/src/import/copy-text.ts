import type { LoadColumn } from './plan-import.ts';
import type { Decimal } from './types/column-type.ts';
import { toPostgresText } from './types/infer-columns.ts';

const SPECIAL = /[\\\n\r\t]/;
const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** A row as COPY's text format has it (PostgreSQL manual, "COPY"), with its line end. */
export function copyText(
  values: readonly (string | null)[],
  columns: readonly Pick<LoadColumn, 'type' | 'dateFormat'>[],
  decimal: Decimal,
): string {
  let text = '';
  for (const [index, value] of values.entries()) {
    if (index > 0) text += '\t';
    text += value === null ? '\\N' : escapeText(converted(value, columns[index], decimal));
  }
  return `${text}\n`;
}

function converted(
  value: string,
  column: Pick<LoadColumn, 'type' | 'dateFormat'> | undefined,
  decimal: Decimal,
): string {
  if (column === undefined || (decimal === '.' && column.dateFormat === undefined)) return value;
  return toPostgresText(value, column, decimal);
}

/** A value, as it stands between tabs. */
export function escapeText(value: string): string {
  return SPECIAL.test(value) ? value.replaceAll(/[\\\n\r\t]/g, (character) => ESCAPES[character] ?? character) : value;
}
