import type { ColumnType, Decimal } from './column-type.ts';
import { type DateFormat, parseDateFormat, toIsoDate } from './date-format.ts';
import { kindOfValue, type ValueKind } from './value-kind.ts';

export interface InferredType {
  readonly type: ColumnType;
  readonly because: string;
  /** Where the values are dates in another order than ISO 8601's. */
  readonly dateFormat?: DateFormat;
  /** Words that stand where a value of another type is missing. */
  readonly missingWords?: readonly string[];
}

/** In the order of how much they take: the first that takes all values is the type. */
const TYPES: readonly { readonly type: ColumnType; readonly kinds: readonly ValueKind[]; readonly name: string }[] = [
  { type: 'boolean', kinds: ['boolean'], name: 'true or false' },
  { type: 'bigint', kinds: ['integer'], name: 'integers' },
  { type: 'numeric', kinds: ['integer', 'decimal'], name: 'exact numbers' },
  { type: 'double precision', kinds: ['integer', 'decimal', 'exponent', 'special'], name: 'numbers with exponents' },
  { type: 'date', kinds: ['date'], name: 'dates' },
  { type: 'timestamp', kinds: ['date', 'timestamp'], name: 'times without time zone' },
  { type: 'timestamptz', kinds: ['timestamptz'], name: 'times with time zone' },
  { type: 'uuid', kinds: ['uuid'], name: 'UUIDs' },
  { type: 'jsonb', kinds: ['json'], name: 'JSON objects or arrays' },
];

/** PostgreSQL's double precision keeps that many decimal digits, whatever they are. */
export const DOUBLE_DIGITS = 15;

/**
 * The type that holds every one of the values of a column exactly. `values` are those of a sample, without NULLs. A
 * date that may be read in two ways makes the column text, unless `dateFormat` says how.
 */
export function inferType(values: readonly string[], decimal: Decimal, dateFormat?: DateFormat): InferredType {
  if (values.length === 0) return { type: 'text', because: 'there is no value in the sample' };
  const kinds = values.map((value) => kindOfValue(value, decimal));
  for (const { type, kinds: taken, name } of TYPES) {
    if (!kinds.every((kind) => taken.includes(kind))) continue;
    if (type !== 'double precision') return { type, because: `all ${values.length} are ${name}` };
    return ofExponents(values, kinds);
  }
  return ofDates(values, dateFormat) ?? { type: 'text', ...whyText(values, kinds) };
}

function ofExponents(values: readonly string[], kinds: readonly ValueKind[]): InferredType {
  const digits = Math.max(...values.map(significantDigits));
  const all = `all ${values.length} are numbers, some with exponents`;
  if (digits <= DOUBLE_DIGITS) return { type: 'double precision', because: all };
  if (kinds.includes('special'))
    return { type: 'text', because: `${all}, NaN or Infinity, and ${digits} digits, which only numeric keeps` };
  return { type: 'numeric', because: `${all}; ${digits} digits, which double precision would round` };
}

export function significantDigits(number: string): number {
  return number.replace(/e.*$/i, '').replaceAll(/[^\d]/g, '').replace(/^0+/, '').length;
}

const DAY_FIRST = ['DD/MM/YYYY', 'DD.MM.YYYY', 'DD-MM-YYYY'].map(parseDateFormat);
const MONTH_FIRST = ['MM/DD/YYYY', 'MM.DD.YYYY', 'MM-DD-YYYY'].map(parseDateFormat);
const YEAR_FIRST = ['YYYY/MM/DD', 'YYYY.MM.DD'].map(parseDateFormat);

function ofDates(values: readonly string[], told: DateFormat | undefined): InferredType | undefined {
  const isAll = (format: DateFormat) => values.every((value) => toIsoDate(value, format) !== undefined);
  if (told !== undefined && isAll(told)) {
    return { type: 'date', dateFormat: told, because: `all ${values.length} are dates as ${told.text}` };
  }
  const fitting = [...DAY_FIRST, ...MONTH_FIRST, ...YEAR_FIRST].filter(isAll);
  const [format, other] = fitting;
  if (format === undefined || told !== undefined) return undefined;
  if (other === undefined) {
    const proof = values.find(
      (value) => [...DAY_FIRST, ...MONTH_FIRST].filter((one) => toIsoDate(value, one) !== undefined).length === 1,
    );
    const because = `all ${values.length} are dates as ${format.text}${proof === undefined ? '' : `, and ${proof.trim()} is one in no other order`}`;
    return { type: 'date', dateFormat: format, because };
  }
  const ambiguous = `${values[0]?.trim()} may be ${format.text} or ${other.text}`;
  return { type: 'text', because: `dates that may be read in two ways (${ambiguous}): --date-format tells` };
}

function whyText(values: readonly string[], kinds: readonly ValueKind[]): Omit<InferredType, 'type'> {
  const zero = values.find((value) => /^\s*[+-]?0\d+\s*$/.test(value));
  const nearest = TYPES.map((candidate) => {
    const unfit = values.filter((_, index) => !candidate.kinds.includes(kinds[index] ?? 'text'));
    return { ...candidate, unfit };
  }).sort((a, b) => a.unfit.length - b.unfit.length)[0];
  if (zero !== undefined) return { because: `${JSON.stringify(zero)} has a leading zero, which a number would lose` };
  if (nearest === undefined || nearest.unfit.length * 2 > values.length) {
    const thousands = values.find((value) => /^\s*[^\p{L}\d]?[+-]?\d{1,3}([,.' ]\d{3})+([.,]\d+)?\s*$/u.test(value));
    return {
      because:
        thousands === undefined
          ? 'free text'
          : `numbers with separators of thousands, such as ${JSON.stringify(thousands)}`,
    };
  }
  const { unfit, name, type } = nearest;
  const words = [...new Set(unfit)];
  const [word = ''] = words;
  const but = `${values.length - unfit.length} of ${values.length} are ${name}, but not ${JSON.stringify(word)}`;
  if (words.length > 2 || words.some((one) => /\d/.test(one))) return { because: but };
  const options = words.map((one) => `--null ${JSON.stringify(one)}`).join(' ');
  return { because: `${but} (${unfit.length}): ${options} would make it ${type}`, missingWords: words };
}
