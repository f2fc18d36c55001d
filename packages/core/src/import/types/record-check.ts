import { ESCAPED, NULL, PLACE, STRING } from '../csv/field-place.ts';
import { fieldText } from '../csv/field-text.ts';
import type { Grammar } from '../csv/scan-record.ts';
import type { SplitRecord } from '../csv/split-records.ts';
import type { Decimal } from './column-type.ts';
import { fieldCheck } from './field-check.ts';
import { fitsType, keepsKind } from './fits-type.ts';
import type { Column } from './infer-columns.ts';

interface CheckedColumn extends Pick<Column, 'type' | 'dateFormat'> {
  readonly inferred: boolean;
}

/** The first of the columns whose type was inferred, and does not keep its value of the record; -1 where there is none. */
export type RecordCheck = (record: SplitRecord) => number;

export function recordCheck(columns: readonly CheckedColumn[], decimal: Decimal, grammar: Grammar): RecordCheck {
  const checks = columns.map((column) => (column.inferred ? fieldCheck(column, decimal) : undefined));
  const last = checks.findLastIndex((check) => check !== undefined);
  return ({ bytes, places, placesAt }) => {
    for (let column = 0; column <= last; column += 1) {
      const check = checks[column];
      const at = placesAt + column * PLACE;
      if (check === undefined || places[at] === NULL) continue;
      const kind = places[at] as number;
      if (kind >= STRING) {
        const { type } = columns[column] as CheckedColumn;
        if (!keepsKind(kind, type)) return column;
        if (type === 'jsonb') continue;
      }
      if (kind !== ESCAPED) {
        if (!check(bytes, places[at + 1] as number, places[at + 2] as number)) return column;
        continue;
      }
      const value = fieldText(bytes, places, at, grammar) ?? '';
      if (!fitsType(value, columns[column] as CheckedColumn, decimal)) return column;
    }
    return -1;
  };
}
