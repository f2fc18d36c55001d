import type { ParquetType, SchemaElement, TimeUnit } from 'hyparquet';
import type { ColumnType } from '../types/column-type.ts';
import { damaged } from './refusal.ts';
import type { SchemaNode } from './schema-tree.ts';

/** What the bytes of a column's values stand for ("Logical types" of the format). */
export type Meaning =
  | { readonly is: 'boolean' | 'date' | 'interval' | 'uuid' | 'string' | 'json' | 'bytes' }
  /** `isLong`: of 64 bits rather than of 32. */
  | { readonly is: 'integer'; readonly isLong: boolean; readonly signed: boolean }
  | { readonly is: 'float'; readonly bits: 16 | 32 | 64 }
  | { readonly is: 'decimal'; readonly scale: number; readonly bigEndian: boolean }
  | { readonly is: 'timestamp'; readonly unit: TimeUnit | 'INT96'; readonly utc: boolean }
  | { readonly is: 'time'; readonly unit: TimeUnit }
  /** Lists, maps and structs, as JSON in UTF-8. */
  | { readonly is: 'nested' };

export interface MeantColumn {
  readonly meaning: Meaning;
  /** The type of a column that is made for it, as SQL writes it: it holds every value of the column exactly. */
  readonly sqlType: string;
  /** The nearest of those that delimited text is given. */
  readonly type: ColumnType;
  readonly because: string;
  /** What somebody might not expect; nothing mostly. */
  readonly note?: string;
}

const NANOSECONDS =
  'PostgreSQL has microseconds: a value with nanoseconds does not fit, and is text or a reject rather than rounded';

/** What a column of the schema means. Throws `InvalidInput` for annotations that contradict its physical type. */
export function meaningOf(node: SchemaNode): MeantColumn {
  const { element } = node;
  if (node.children.length > 0 || element.repetition_type === 'REPEATED') return nestedMeaning(node);
  if (element.type === undefined) throw damaged(`${node.path.join('.')} has no type`);
  const found = annotated(element, element.type) ?? plain(element.type);
  const annotation = element.logical_type?.type ?? element.converted_type;
  return { ...found, because: annotation === undefined ? element.type : `${annotation} (${element.type})` };
}

type Found = Omit<MeantColumn, 'because'>;

function nestedMeaning({ element }: SchemaNode): MeantColumn {
  const annotation = element.logical_type?.type ?? element.converted_type;
  const because = annotation ?? (element.repetition_type === 'REPEATED' ? 'repeated' : 'a struct');
  const note =
    'as JSON: numbers exact, bytes as "\\\\x…", NaN and infinities, dates, times and decimals beyond JSON as strings; a map is an object';
  return { meaning: { is: 'nested' }, sqlType: 'jsonb', type: 'jsonb', because, note };
}

/** Nothing where there is no annotation that matters, or an unknown one. */
function annotated(element: SchemaElement, type: ParquetType): Found | undefined {
  const { logical_type: logical, converted_type: converted, type_length: length } = element;
  const expectType = (...types: ParquetType[]) => {
    if (types.includes(type)) return;
    throw damaged(`${element.name} is a ${logical?.type ?? converted} and a ${type} at once`);
  };
  switch (logical?.type ?? converted) {
    case 'STRING':
    case 'UTF8':
    case 'ENUM':
      expectType('BYTE_ARRAY', 'FIXED_LEN_BYTE_ARRAY');
      return { meaning: { is: 'string' }, sqlType: 'text', type: 'text' };
    case 'JSON':
      expectType('BYTE_ARRAY');
      return { meaning: { is: 'json' }, sqlType: 'json', type: 'jsonb', note: 'json keeps its text as it is' };
    case 'UUID':
      expectType('FIXED_LEN_BYTE_ARRAY');
      if (length !== 16) throw damaged(`${element.name} is a UUID of ${length} bytes`);
      return { meaning: { is: 'uuid' }, sqlType: 'uuid', type: 'uuid' };
    case 'FLOAT16':
      expectType('FIXED_LEN_BYTE_ARRAY');
      if (length !== 2) throw damaged(`${element.name} is a FLOAT16 of ${length} bytes`);
      return { meaning: { is: 'float', bits: 16 }, sqlType: 'real', type: 'double precision' };
    case 'INTERVAL':
      expectType('FIXED_LEN_BYTE_ARRAY');
      if (length !== 12) throw damaged(`${element.name} is an INTERVAL of ${length} bytes`);
      return { meaning: { is: 'interval' }, sqlType: 'interval', type: 'text' };
    case 'DATE':
      expectType('INT32');
      return { meaning: { is: 'date' }, sqlType: 'date', type: 'date' };
    case 'DECIMAL':
      return decimal(element, type);
    case 'TIME':
    case 'TIME_MILLIS':
    case 'TIME_MICROS': {
      const unit = logical?.type === 'TIME' ? logical.unit : converted === 'TIME_MILLIS' ? 'MILLIS' : 'MICROS';
      expectType(unit === 'MILLIS' ? 'INT32' : 'INT64');
      const note = unit === 'NANOS' ? { note: NANOSECONDS } : {};
      return { meaning: { is: 'time', unit }, sqlType: 'time', type: 'text', ...note };
    }
    case 'TIMESTAMP':
    case 'TIMESTAMP_MILLIS':
    case 'TIMESTAMP_MICROS': {
      expectType('INT64');
      const own = logical?.type === 'TIMESTAMP' ? logical : undefined;
      const unit = own?.unit ?? (converted === 'TIMESTAMP_MILLIS' ? 'MILLIS' : 'MICROS');
      // The older annotation stands for instants.
      return timestamp(unit, own === undefined || own.isAdjustedToUTC === true);
    }
    case 'NULL':
      return { ...plain(type), sqlType: 'text', type: 'text', note: 'the writer knew no type: all of it is NULL' };
    case 'BSON':
      return { ...plain(type), note: 'BSON is left as the bytes that it is' };
    case 'GEOMETRY':
    case 'GEOGRAPHY':
      return { ...plain(type), note: 'well-known binary (WKB): PostGIS reads it with ST_GeomFromWKB' };
    default:
      return integer(element, type);
  }
}

function integer({ logical_type: logical, converted_type: converted, name }: SchemaElement, type: ParquetType) {
  const match = /^(U?)INT_(\d+)$/.exec(converted ?? '');
  const told =
    logical?.type === 'INTEGER' ? logical : match && { bitWidth: Number(match[2]), isSigned: match[1] === '' };
  if (!told) return undefined;
  const isLong = told.bitWidth === 64;
  if (type !== (isLong ? 'INT64' : 'INT32'))
    throw damaged(`${name} is an integer of ${told.bitWidth} bits and a ${type} at once`);
  return integerOf(isLong, told.isSigned, told.isSigned ? told.bitWidth : told.bitWidth + 1);
}

/** `bits` are those that it needs with a sign. */
function integerOf(isLong: boolean, signed: boolean, bits: number): Found {
  const sqlType = bits <= 16 ? 'smallint' : bits <= 32 ? 'integer' : bits <= 64 ? 'bigint' : 'numeric(20,0)';
  const type = bits <= 64 ? 'bigint' : 'numeric';
  return { meaning: { is: 'integer', isLong, signed }, sqlType, type };
}

function decimal({ logical_type: logical, name, ...element }: SchemaElement, type: ParquetType): Found {
  const { scale = 0, precision = 0 } = logical?.type === 'DECIMAL' ? logical : element;
  if (!['INT32', 'INT64', 'BYTE_ARRAY', 'FIXED_LEN_BYTE_ARRAY'].includes(type) || scale < 0 || scale > MOST_SCALE) {
    throw damaged(`${name} is a DECIMAL(${precision},${scale}) and a ${type}`);
  }
  const isDeclared = precision >= 1 && precision <= MOST_PRECISION && scale <= precision;
  return {
    meaning: { is: 'decimal', scale, bigEndian: type !== 'INT32' && type !== 'INT64' },
    sqlType: isDeclared ? `numeric(${precision},${scale})` : 'numeric',
    type: 'numeric',
  };
}

/** Of a numeric with and without a declared precision (PostgreSQL manual, "Numeric types"). */
const MOST_PRECISION = 1_000;
const MOST_SCALE = 16_383;

function timestamp(unit: TimeUnit | 'INT96', utc: boolean): Found {
  const type = utc ? 'timestamptz' : 'timestamp';
  const note = unit === 'NANOS' || unit === 'INT96' ? { note: NANOSECONDS } : {};
  return { meaning: { is: 'timestamp', unit, utc }, sqlType: type, type, ...note };
}

function plain(type: ParquetType): Found {
  switch (type) {
    case 'BOOLEAN':
      return { meaning: { is: 'boolean' }, sqlType: 'boolean', type: 'boolean' };
    case 'INT32':
      return integerOf(false, true, 32);
    case 'INT64':
      return integerOf(true, true, 64);
    case 'INT96':
      return timestamp('INT96', false);
    case 'FLOAT':
      return { meaning: { is: 'float', bits: 32 }, sqlType: 'real', type: 'double precision' };
    case 'DOUBLE':
      return { meaning: { is: 'float', bits: 64 }, sqlType: 'double precision', type: 'double precision' };
    default:
      return {
        meaning: { is: 'bytes' },
        sqlType: 'bytea',
        type: 'text',
        note: 'bytes without a meaning; a column of the type text takes them as UTF-8',
      };
  }
}
