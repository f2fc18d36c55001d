import type { FieldCheck } from '../csv/scan-rows.ts';
import type { Decimal } from './column-type.ts';
import { fitsType } from './fits-type.ts';
import type { Column } from './infer-columns.ts';
import { DOUBLE_DIGITS } from './infer-type.ts';
import {
  DECIMALS,
  isPlainBoolean,
  isPlainDate,
  isPlainTimestamp,
  isPlainTimestamptz,
  type PlainValue,
  plainNumber,
} from './plain-value.ts';

/** An integer of so many digits has 64 bits. */
const SURE_DIGITS = 18;

/** `fitsType` for bytes of UTF-8 or of a single-byte encoding; nothing where any value fits. */
export function fieldCheck(
  { type, dateFormat }: Pick<Column, 'type' | 'dateFormat'>,
  decimal: Decimal,
): FieldCheck | undefined {
  if (type === 'text') return undefined;
  const fits: FieldCheck = (bytes, start, end) =>
    fitsType(
      Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('utf8'),
      { type, dateFormat },
      decimal,
    );
  const isPlain = dateFormat === undefined ? plainValue(type, decimal) : undefined;
  if (isPlain === undefined) return fits;
  return (bytes, start, end) => isPlain(bytes, start, end) || fits(bytes, start, end);
}

function plainValue(type: Column['type'], decimal: Decimal): PlainValue | undefined {
  switch (type) {
    case 'bigint':
      return plainNumber(undefined, SURE_DIGITS);
    case 'numeric':
      return plainNumber(DECIMALS[decimal], SURE_DIGITS);
    case 'double precision':
      return plainNumber(DECIMALS[decimal], DOUBLE_DIGITS);
    case 'date':
      return isPlainDate;
    case 'timestamp':
      return isPlainTimestamp;
    case 'timestamptz':
      return isPlainTimestamptz;
    case 'boolean':
      return isPlainBoolean;
    default:
      return undefined;
  }
}
