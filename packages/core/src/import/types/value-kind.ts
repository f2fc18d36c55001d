import type { Decimal } from './column-type.ts';
import { isCalendarDate } from './date-format.ts';

/** What a value is such that PostgreSQL takes it unaltered. `exponent` and `special` are for double precision. */
export type ValueKind =
  | 'boolean'
  | 'integer'
  | 'decimal'
  | 'exponent'
  | 'special'
  | 'date'
  | 'timestamp'
  | 'timestamptz'
  | 'uuid'
  | 'json'
  | 'text';

const MAX_BIGINT = 9_223_372_036_854_775_807n;
const TIMESTAMP =
  /^(\d{4}-\d\d-\d\d)[ T]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,6})?)?( ?(Z|[+-](0\d|1[0-4])(:?[0-5]\d)?))?$/;

/**
 * White space around a value is not looked at: PostgreSQL does not, either. A number with a leading zero is text (a
 * code or a postcode), as are a fraction of a second below the microsecond, which PostgreSQL would round, and a
 * number with separators of thousands.
 */
export function kindOfValue(value: string, decimal: Decimal): ValueKind {
  const text = value.trim();
  if (/^(true|false)$/i.test(text)) return 'boolean';
  const number = decimal === ',' ? withPoint(text) : text;
  if (number !== undefined && /^[+-]?[\d.]/.test(number)) {
    const kind = kindOfNumber(number);
    if (kind !== undefined) return kind;
  }
  if (/^(nan|[+-]?inf(inity)?)$/i.test(text)) return 'special';
  if (/^\d{4}-/.test(text)) {
    if (/^\d{4}-\d\d-\d\d$/.test(text)) return isCalendarDate(text) ? 'date' : 'text';
    const [, date, , , , zone] = TIMESTAMP.exec(text) ?? [];
    if (date !== undefined && isCalendarDate(date)) return zone === undefined ? 'timestamp' : 'timestamptz';
  }
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)) return 'uuid';
  return /^[[{]/.test(text) && isStorableJson(text) ? 'json' : 'text';
}

function kindOfNumber(text: string): ValueKind | undefined {
  if (/^[+-]?(0|[1-9]\d*)$/.test(text)) {
    if (/^[+-]0$/.test(text)) return 'exponent';
    const size = BigInt(text.replace(/^[+-]/, ''));
    return size <= MAX_BIGINT || (size === MAX_BIGINT + 1n && text.startsWith('-')) ? 'integer' : 'decimal';
  }
  if (/^[+-]?(0|[1-9]\d*)?\.\d+$/.test(text)) return 'decimal';
  return /^[+-]?((0|[1-9]\d*)(\.\d+)?|\.\d+)e[+-]?\d{1,3}$/i.test(text) ? 'exponent' : undefined;
}

/** The number with a decimal point; nothing where it has one already, which then parts thousands. */
function withPoint(text: string): string | undefined {
  return text.includes('.') ? undefined : text.replace(',', '.');
}

/** jsonb has no NUL, no half of a surrogate pair, and one value per key. */
function isStorableJson(text: string): boolean {
  if (/\\u0000|\\ud[89a-f]/i.test(text)) return false;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && countKeys(value) === (text.match(/"\s*:/g)?.length ?? 0);
  } catch {
    return false;
  }
}

/** Fewer than there are in the text, where a key stands twice in an object (or where a string looks like one). */
function countKeys(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const own = Array.isArray(value) ? 0 : Object.keys(value).length;
  return Object.values(value).reduce<number>((sum, inner) => sum + countKeys(inner), own);
}
