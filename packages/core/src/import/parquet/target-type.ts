/** A type of PostgreSQL as `format_type` writes it, taken apart: `numeric(10,2)`, `timestamp(3) without time zone`. */
export interface TargetType {
  /** In the usual short name: `timestamptz`, `varchar`. */
  readonly name: string;
  /** What stands in its brackets. */
  readonly modifiers: readonly number[];
}

const NAMES: Readonly<Record<string, string>> = {
  'timestamp with time zone': 'timestamptz',
  'timestamp without time zone': 'timestamp',
  'time without time zone': 'time',
  'character varying': 'varchar',
  int2: 'smallint',
  int4: 'integer',
  int8: 'bigint',
  float4: 'real',
  float8: 'double precision',
  bool: 'boolean',
  decimal: 'numeric',
};

export function targetType(sqlType: string): TargetType {
  const match = /^([^()[\]]+?)\s*(?:\(([-\d, ]+)\))?(\s+[a-z ]+)?$/.exec(sqlType.trim().toLowerCase());
  if (match === null) return { name: sqlType, modifiers: [] };
  const [, first = '', modifiers, rest = ''] = match;
  const name = `${first}${rest}`;
  return { name: NAMES[name] ?? name, modifiers: modifiers === undefined ? [] : modifiers.split(',').map(Number) };
}
