import { JSON_TEXT, STRING } from '../csv/field-place.ts';
import type { ColumnType, Decimal } from './column-type.ts';
import { toIsoDate } from './date-format.ts';
import type { Column } from './infer-columns.ts';
import { isKeptByDouble } from './infer-type.ts';
import { kindOfValue, type ValueKind } from './value-kind.ts';

const KINDS: Readonly<Record<Exclude<ColumnType, 'text'>, readonly ValueKind[]>> = {
  boolean: ['boolean'],
  bigint: ['integer'],
  numeric: ['integer', 'decimal'],
  'double precision': ['integer', 'decimal', 'exponent', 'special'],
  date: ['date'],
  timestamp: ['date', 'timestamp'],
  timestamptz: ['timestamptz'],
  uuid: ['uuid'],
  jsonb: ['json'],
};

type TypedColumn = Pick<Column, 'type' | 'dateFormat'>;

/**
 * Whether a column of this type keeps the value as it is. PostgreSQL takes more, and alters it: 00123 as an integer,
 * 17 digits as double precision, `yes` as a boolean, `today` as a date.
 */
export function fitsType(value: string, { type, dateFormat }: TypedColumn, decimal: Decimal): boolean {
  if (type === 'text') return true;
  if (dateFormat !== undefined && type === 'date') return toIsoDate(value, dateFormat) !== undefined;
  const kind = kindOfValue(value, decimal);
  // A numeric column may have been found by numbers with exponents; -0 has none, and is another number than 0.
  if (type === 'numeric' && kind === 'exponent') return /e/i.test(value);
  if (!KINDS[type].includes(kind)) return false;
  return type !== 'double precision' || isKeptByDouble(value);
}

/**
 * Whether a column of this type keeps a value of JSON of this kind (`field-place.ts`), if it keeps its text: "123" is
 * another value than 123, and so is "true". jsonb keeps them all.
 */
export function keepsKind(kind: number, type: ColumnType): boolean {
  if (kind === JSON_TEXT) return type === 'jsonb';
  return kind !== STRING || !(type in LITERAL_TYPES);
}

const LITERAL_TYPES = { boolean: true, bigint: true, numeric: true, 'double precision': true };

/** The narrowest type that keeps the values of the column so far, and this one, too. `kind` is that of its place. */
export function widenType(
  value: string,
  { type, dateFormat }: TypedColumn,
  decimal: Decimal,
  kind: number,
): ColumnType {
  if (kind === JSON_TEXT) return 'jsonb';
  if (kind === STRING && !keepsKind(kind, type)) return 'text';
  if (dateFormat !== undefined) return 'text';
  const wider: ColumnType | undefined = type === 'bigint' ? 'numeric' : type === 'date' ? 'timestamp' : undefined;
  return wider !== undefined && fitsType(value, { type: wider }, decimal) ? wider : 'text';
}
