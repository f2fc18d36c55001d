import type { Decimal } from './column-type.ts';
import type { Column } from './infer-columns.ts';

/**
 * Why COPY cannot load the values as they stand, whatever the dialect; nothing where it can. COPY takes one word for NULL,
 * which is the empty field here, and neither a decimal comma nor dates in an order of their own.
 */
export function whyNotCopyValues(
  columns: readonly Pick<Column, 'type' | 'dateFormat'>[],
  decimal: Decimal,
  nullWords: readonly string[],
): string | undefined {
  if (nullWords.length > 0) return 'more than the empty field means NULL';
  if (columns.some(({ dateFormat }) => dateFormat !== undefined)) return 'its dates are not in ISO 8601';
  const hasNumbers = columns.some(({ type }) => type === 'numeric' || type === 'double precision');
  return decimal === ',' && hasNumbers ? 'its numbers have a decimal comma' : undefined;
}
