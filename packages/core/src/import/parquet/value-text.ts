import { isUtf8 } from 'node:buffer';
import { dateText, timestampText, timeText } from './calendar.ts';
import type { Meaning } from './meaning.ts';
import { readFloat, readInt96, readInteger, readUnscaled } from './read-value.ts';
import { endOf, startOf, type Values } from './values.ts';

/** The value at an index as PostgreSQL reads it, and exactly it: ISO 8601, `\x…`, decimals with all their digits. */
export type ValueText = (values: Values, index: number) => string;

export function valueText(meaning: Meaning): ValueText {
  switch (meaning.is) {
    case 'boolean':
      return ({ bytes }, index) => (bytes[index] === 0 ? 'false' : 'true');
    case 'integer':
      return (values, index) => String(readInteger(values, index, meaning));
    case 'decimal':
      return (values, index) => decimalText(readUnscaled(values, index, meaning), meaning.scale);
    case 'float': {
      const toText = meaning.bits === 64 ? doubleText : realText;
      return (values, index) => toText(readFloat(values, index, meaning));
    }
    case 'date':
      return ({ view }, index) => dateText(view.getInt32(index * 4, true));
    case 'timestamp':
      return timestampTextOf(meaning);
    case 'time':
      return timeTextOf(meaning.unit);
    case 'interval':
      return ({ view }, index) => {
        const at = index * 12;
        const millis = view.getUint32(at + 8, true);
        return `${view.getUint32(at, true)} mons ${view.getUint32(at + 4, true)} days ${millis / 1_000} secs`;
      };
    case 'uuid':
      return ({ bytes }, index) => {
        const hex = bytes.toString('hex', index * 16, index * 16 + 16);
        return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
      };
    case 'bytes':
      return (values, index) => `\\x${values.bytes.toString('hex', startOf(values, index), endOf(values, index))}`;
    default:
      return (values, index) => values.bytes.toString('utf8', startOf(values, index), endOf(values, index));
  }
}

/** The value as JSON text: a number where JSON has it exactly, else a string. */
export function valueJson(meaning: Meaning): ValueText {
  // Readers of JSON have numbers of 64 bits: in those, one of 32 has more digits than it needs in a column of its own.
  const text: ValueText =
    meaning.is === 'float' ? (values, index) => doubleText(readFloat(values, index, meaning)) : valueText(meaning);
  const isLiteral = isJsonLiteral(meaning);
  return (values, index) => {
    const value = text(values, index);
    return isLiteral(values, index) ? value : JSON.stringify(value);
  };
}

/** Whether the text of a value is JSON already. */
export function isJsonLiteral(meaning: Meaning): (values: Values, index: number) => boolean {
  if (meaning.is === 'float') return (values, index) => Number.isFinite(readFloat(values, index, meaning));
  const is = ['boolean', 'integer', 'decimal', 'nested'].includes(meaning.is);
  return () => is;
}

/** Whether its values are characters in UTF-8 already; the text of others is ASCII. */
export function isCharacters({ is }: Meaning): boolean {
  return is === 'string' || is === 'json' || is === 'nested';
}

/** Why the value cannot stand in JSON as the characters that it should be; nothing where it can. */
export function whyNoText(values: Values, index: number, { is }: Meaning): string | undefined {
  if (is !== 'string' && is !== 'json') return undefined;
  return isUtf8(values.bytes.subarray(startOf(values, index), endOf(values, index))) ? undefined : NOT_UTF8;
}

export const NOT_UTF8 = 'it has bytes that are no UTF-8';

function decimalText(unscaled: number | bigint, scale: number): string {
  const digits = String(unscaled);
  if (scale === 0) return digits;
  const sign = digits.startsWith('-') ? '-' : '';
  const padded = digits.slice(sign.length).padStart(scale + 1, '0');
  return `${sign}${padded.slice(0, -scale)}.${padded.slice(-scale)}`;
}

function doubleText(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

/** The shortest digits that make this number of 32 bits, and no other. */
function realText(value: number): string {
  for (let digits = 6; digits < 9; digits += 1) {
    const text = value.toPrecision(digits);
    if (Math.fround(Number(text)) === value) return doubleText(Number(text));
  }
  return doubleText(Number.isFinite(value) ? Number(value.toPrecision(9)) : value);
}

function timestampTextOf({ unit, utc }: Extract<Meaning, { is: 'timestamp' }>): ValueText {
  const digits = unit === 'MILLIS' ? 3 : unit === 'MICROS' ? 6 : 9;
  const perSecond = 10n ** BigInt(digits);
  return (values, index) => {
    const value = unit === 'INT96' ? readInt96(values, index) : values.view.getBigInt64(index * 8, true);
    const fraction = ((value % perSecond) + perSecond) % perSecond;
    return timestampText(Number((value - fraction) / perSecond), Number(fraction), digits, utc ? 'Z' : '');
  };
}

function timeTextOf(unit: Extract<Meaning, { is: 'time' }>['unit']): ValueText {
  const digits = unit === 'MILLIS' ? 3 : unit === 'MICROS' ? 6 : 9;
  const perSecond = 10 ** digits;
  return ({ view }, index) => {
    const value = unit === 'MILLIS' ? view.getInt32(index * 4, true) : Number(view.getBigInt64(index * 8, true));
    const fraction = ((value % perSecond) + perSecond) % perSecond;
    return timeText((value - fraction) / perSecond, fraction, digits);
  };
}
