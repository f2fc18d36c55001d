import { COLUMN_TYPES, type ColumnType, type Decimal } from './column-type.ts';
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

/** PostgreSQL's double precision keeps that many decimal digits, whatever they are, in numbers of this size, and 0. */
export const DOUBLE_DIGITS = 15;
const DOUBLE_MIN = 1e-307;
const DOUBLE_MAX = 1e308;

/**
 * The type that holds every one of the values of a column exactly. `values` are those of a sample, without NULLs. A
 * date that may be read in two ways makes the column text, unless `dateFormat` says how. Only those of `types` are found.
 */
export function inferType(
  values: readonly string[],
  decimal: Decimal,
  dateFormat?: DateFormat,
  types: readonly ColumnType[] = COLUMN_TYPES,
): InferredType {
  if (values.length === 0) return { type: 'text', because: 'there is no value in the sample' };
  const kinds = values.map((value) => kindOfValue(value, decimal));
  const candidates = TYPES.filter(({ type }) => types.includes(type));
  for (const { type, kinds: taken, name } of candidates) {
    if (!kinds.every((kind) => taken.includes(kind))) continue;
    if (type !== 'double precision') return { type, because: `all ${values.length} are ${name}` };
    return ofExponents(values, kinds);
  }
  const dates = types.includes('date') ? ofDates(values, dateFormat) : undefined;
  return dates ?? { type: 'text', ...whyText(values, kinds, candidates) };
}

function ofExponents(values: readonly string[], kinds: readonly ValueKind[]): InferredType {
  const digits = Math.max(...values.map(significantDigits));
  const all = `all ${values.length} are numbers, some with exponents`;
  const unkept = values.find((value) => !isKeptByDouble(value));
  if (unkept === undefined) return { type: 'double precision', because: all };
  const why = digits > DOUBLE_DIGITS ? `${digits} digits` : unkept.trim();
  if (kinds.includes('special'))
    return { type: 'text', because: `${all}, NaN or Infinity, and ${why}, which only numeric keeps` };
  const but = digits > DOUBLE_DIGITS ? 'would round' : 'does not reach';
  return { type: 'numeric', because: `${all}; ${why}, which double precision ${but}` };
}

/** Whether a number, or a special one, is the same in double precision. */
export function isKeptByDouble(value: string): boolean {
  const digits = significantDigits(value);
  if (digits === 0 || /n/i.test(value)) return true;
  const size = Math.abs(Number(value.replace(',', '.')));
  return digits <= DOUBLE_DIGITS && size >= DOUBLE_MIN && size <= DOUBLE_MAX;
}

function significantDigits(number: string): number {
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

function whyText(
  values: readonly string[],
  kinds: readonly ValueKind[],
  candidates: typeof TYPES,
): Omit<InferredType, 'type'> {
  const zero = values.find((value) => /^\s*[+-]?0\d+\s*$/.test(value));
  const nearest = candidates
    .map((candidate) => {
      const unfit = values.filter((_, index) => !candidate.kinds.includes(kinds[index] ?? 'text'));
      return { ...candidate, unfit };
    })
    .sort((a, b) => a.unfit.length - b.unfit.length)[0];
  if (zero !== undefined && candidates.some(({ type }) => type === 'bigint'))
    return { because: `${JSON.stringify(zero)} has a leading zero, which a number would lose` };
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
