/** The types of PostgreSQL that a column is given. */
export const COLUMN_TYPES = [
  'boolean',
  'bigint',
  'numeric',
  'double precision',
  'date',
  'timestamp',
  'timestamptz',
  'uuid',
  'jsonb',
  'text',
] as const;

export type ColumnType = (typeof COLUMN_TYPES)[number];

/** `infer`, `text` for all columns, or the types of some columns by name; the others are inferred. */
export type WantedTypes = 'infer' | 'text' | Readonly<Record<string, ColumnType>>;

export type Decimal = '.' | ',';
