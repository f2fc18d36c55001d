import type { Certainty, Finding } from '../csv/finding.ts';
import type { Decimal } from './column-type.ts';

export interface FoundDecimal extends Finding<'decimal'> {
  readonly decimal: Decimal;
}

/**
 * The decimal sign of a table. A comma is one where it cannot be anything else: the delimiter is another, some number
 * has other than three digits after it, and none has such a point.
 */
export function findDecimal(
  values: Iterable<string | null>,
  delimiter: string,
  told: Decimal | undefined,
): FoundDecimal {
  if (told !== undefined) return found(told, 'told', 'as told');
  if (delimiter.includes(',')) return found('.', 'certain', 'the comma is the delimiter');
  let commas = 0;
  let points = 0;
  for (const value of values) {
    if (value === null) continue;
    if (/^\s*[+-]?\d+,(\d{1,2}|\d{4,})\s*$/.test(value)) commas += 1;
    else if (/^\s*[+-]?\d+\.(\d{1,2}|\d{4,})\s*$/.test(value)) points += 1;
  }
  if (commas > 0 && points === 0) return found(',', 'certain', `${commas} numbers have a decimal comma, none a point`);
  if (commas > 0)
    return found('.', 'likely', `${points} numbers have a decimal point, ${commas} a comma: those stay text`);
  return found('.', 'certain', 'no number has a decimal comma');
}

function found(decimal: Decimal, certainty: Certainty, because: string): FoundDecimal {
  return { property: 'decimal', decimal, certainty, because };
}
