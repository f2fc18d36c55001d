import { AppError } from '../../errors.ts';
import type { ColumnName } from '../csv/header-names.ts';
import type { CsvRecord } from '../csv/read-records.ts';
import { COLUMN_TYPES, type ColumnType, type Decimal, type WantedTypes } from './column-type.ts';
import { type DateFormat, toIsoDate } from './date-format.ts';
import { type InferredType, inferType } from './infer-type.ts';
import { kindOfValue } from './value-kind.ts';

export interface Column extends ColumnName, InferredType {
  /** In the sample. */
  readonly nulls: number;
  /** The type that the file itself declares, as SQL writes it: every value of the column is exactly one of it. */
  readonly declared?: string;
}

export interface InferOptions {
  readonly types?: WantedTypes | undefined;
  readonly decimal: Decimal;
  readonly dateFormat?: DateFormat | undefined;
}

/** A type for each column, and why. Throws `InvalidInput` for a wanted column that there is not. */
export function inferColumns(
  names: readonly ColumnName[],
  records: readonly Pick<CsvRecord, 'values'>[],
  { types, decimal, dateFormat }: InferOptions,
): Column[] {
  return typeColumns(names, { types, dateFormat }, (index) => {
    const values = records.flatMap(({ values }) => values[index] ?? []);
    return { nulls: records.length - values.length, infer: () => inferType(values, decimal, dateFormat) };
  });
}

/** What is known of a column without its name. */
export interface ColumnValues extends Pick<Column, 'nulls'> {
  /** The type by its values, where none is told. */
  infer(): InferredType;
}

/** The types that are told, and those of the values for other columns. Throws what `inferColumns` throws. */
export function typeColumns(
  names: readonly ColumnName[],
  { types = 'infer', dateFormat }: Pick<InferOptions, 'types' | 'dateFormat'>,
  valuesOf: (index: number) => ColumnValues,
): Column[] {
  const wanted: Readonly<Record<string, ColumnType>> = typeof types === 'string' ? {} : types;
  refuseUnknown(Object.keys(wanted), names);
  return names.map((name, index) => {
    const { nulls, infer } = valuesOf(index);
    const told = types === 'text' ? 'text' : (wanted[name.name] ?? wanted[name.header ?? '']);
    if (told === undefined) return { ...name, nulls, ...infer() };
    // A told date in a told order is read in it.
    const format = told === 'date' ? dateFormat : undefined;
    return { ...name, nulls, type: told, because: 'as told', ...(format === undefined ? {} : { dateFormat: format }) };
  });
}

/**
 * The value as PostgreSQL reads it into the column: with a decimal point, and dates by ISO 8601. Any other value, and
 * one that is none of its type, is as it was: PostgreSQL then says what it thinks of it.
 */
export function toPostgresText(
  value: string,
  { type, dateFormat }: Pick<Column, 'type' | 'dateFormat'>,
  decimal: Decimal,
): string {
  if (dateFormat !== undefined && type === 'date') return toIsoDate(value, dateFormat) ?? value;
  if (decimal === '.' || !isNumber(type) || kindOfValue(value, ',') === 'text') return value;
  return value.replace(',', '.');
}

/** Whether `toPostgresText` may alter a value of the column. */
export function needsConversion({ type, dateFormat }: Pick<Column, 'type' | 'dateFormat'>, decimal: Decimal): boolean {
  return (dateFormat !== undefined && type === 'date') || (decimal === ',' && isNumber(type));
}

function isNumber(type: ColumnType): boolean {
  return type === 'numeric' || type === 'double precision' || type === 'bigint';
}

/** The types in a JSON document, `{"column": "type"}`. Throws `InvalidInput`. */
export function parseWantedTypes(json: string): WantedTypes {
  let types: unknown;
  try {
    types = JSON.parse(json);
  } catch (error) {
    throw new AppError('InvalidInput', 'expected the types as JSON: {"column": "type", …}', { cause: error });
  }
  if (typeof types !== 'object' || types === null || Array.isArray(types)) {
    throw new AppError('InvalidInput', 'expected the types as one JSON object: {"column": "type", …}');
  }
  const unknown = Object.entries(types).find(([, type]) => !COLUMN_TYPES.includes(type));
  if (unknown === undefined) return types as Record<string, ColumnType>;
  const [column, type] = unknown;
  throw new AppError(
    'InvalidInput',
    `column ${JSON.stringify(column)}: expected a type (${COLUMN_TYPES.join(', ')}), got ${JSON.stringify(type)}`,
  );
}

function refuseUnknown(wanted: readonly string[], names: readonly ColumnName[]): void {
  const unknown = wanted.find((column) => !names.some(({ name, header }) => name === column || header === column));
  if (unknown === undefined) return;
  throw new AppError('InvalidInput', `there is no column ${JSON.stringify(unknown)} to give a type to`, {
    columns: names.map(({ name }) => name),
  });
}
