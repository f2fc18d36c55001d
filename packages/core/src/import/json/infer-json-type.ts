import { JSON_TEXT, STRING } from '../csv/field-place.ts';
import type { ColumnType } from '../types/column-type.ts';
import type { DateFormat } from '../types/date-format.ts';
import { type InferredType, inferType, isKeptByDouble } from '../types/infer-type.ts';

/** A value that is not null: the kind of its place, `STRING`, `LITERAL` or `JSON_TEXT`, and its text. */
export interface JsonValue {
  readonly kind: number;
  readonly text: string;
}

const LITERAL_TYPES: readonly ColumnType[] = ['boolean', 'bigint', 'numeric', 'double precision'];
const STRING_TYPES: readonly ColumnType[] = ['date', 'timestamp', 'timestamptz', 'uuid'];

/**
 * The type that holds every value of a column exactly: numbers, true and false by `inferType`; strings, too, but one
 * that looks like a number is text. Where there is an object or array, all are kept as JSON.
 */
export function inferJsonType(values: readonly JsonValue[], dateFormat?: DateFormat): InferredType {
  const nested = values.filter(({ kind }) => kind === JSON_TEXT).length;
  const strings = values.filter(({ kind }) => kind === STRING).length;
  const inAll = values.length;
  if (nested > 0) {
    const because = `${nested === inAll ? `all ${inAll}` : `${nested} of ${inAll}`} are objects or arrays`;
    return { type: 'jsonb', because: nested === inAll ? because : `${because}; others are kept as JSON, too` };
  }
  const texts = values.map(({ text }) => text);
  if (strings === inAll) return inferType(texts, '.', dateFormat, STRING_TYPES);
  if (strings > 0) {
    return { type: 'text', because: `${strings} of ${inAll} are strings, the others numbers, true or false` };
  }
  const words = texts.filter((text) => text === 'true' || text === 'false').length;
  if (words > 0 && words < inAll) {
    return { type: 'text', because: `${words} of ${inAll} are true or false, the others numbers` };
  }
  const inferred = inferType(texts, '.', undefined, LITERAL_TYPES);
  const negativeZero = texts.find((text) => /^-0\.0+$/.test(text));
  if (inferred.type !== 'numeric' || negativeZero === undefined || !texts.every(isKeptByDouble)) return inferred;
  return { type: 'double precision', because: `all ${inAll} are numbers, and ${negativeZero} has a sign` };
}
