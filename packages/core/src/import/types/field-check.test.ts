import { expect, test } from 'vitest';
import { randomNumbers } from '../csv/test-table.ts';
import { COLUMN_TYPES } from './column-type.ts';
import { fieldCheck } from './field-check.ts';
import { fitsType } from './fits-type.ts';

const VALUES = [
  ...[
    '0',
    '-0',
    '00',
    '1',
    '-1',
    '+1',
    '12',
    '007',
    '999999999999999999',
    '9223372036854775807',
    '9223372036854775808',
  ],
  ...[
    '1.5',
    '.5',
    '5.',
    '.',
    '-',
    '1.2.3',
    '1,5',
    ',5',
    '0.10',
    '00.1',
    '123456789012345',
    '1234567890.12345',
    '1e3',
    ' 1',
  ],
  ...['true', 'FALSE', 'True', 'truE', 'yes', 't', 'TRU', 'NaN', 'Infinity'],
  ...['2026-01-02', '2026-02-28', '2026-02-29', '2024-02-29', '2026-13-01', '2026-00-10', '2026-01-32', '0000-01-01'],
  ...['0001-01-01', '2026/01/02', '2026-1-2', '20260102', '2026-01-02 ', '99999-01-01'],
  ...[
    '2026-01-02 10:00:00',
    '2026-01-02T10:00:00',
    '2026-01-02 24:00:00',
    '2026-01-02 10:60:00',
    '2026-01-02 10:00:60',
  ],
  ...['2026-01-02 10:00', '2026-01-02 10:00:00.123456', '2026-01-02 10:00:00.1234567', '2026-01-02_10:00:00'],
  ...['2026-01-02 10:00:00Z', '2026-01-02 10:00:00z', '2026-01-02 10:00:00+02', '2026-02-30T10:00:00Z'],
  ...['123e4567-e89b-12d3-a456-426614174000', '{"a": 1}', '[]', '{}x', 'x', '', 'été'],
];

test.for(COLUMN_TYPES)('a value that is checked by its bytes fits %s as its text does', (type) => {
  const random = randomNumbers(7);
  const pick = (from: string) => from[Math.floor(random() * from.length)] ?? '';
  // Each with one character that is another, too, or that is none.
  const spoilt = VALUES.flatMap((value) =>
    Array.from({ length: 20 }, () => {
      const at = Math.floor(random() * value.length);
      return value.slice(0, at) + pick('0123456789-:.,TZ +\0').replace('\0', '') + value.slice(at + 1);
    }),
  );
  for (const decimal of ['.', ','] as const) {
    const check = fieldCheck({ type }, decimal);
    for (const value of [...VALUES, ...spoilt]) {
      const bytes = Buffer.from(`<${value}>`);
      const fits = check?.(bytes, 1, bytes.length - 1) ?? true;
      expect(fits, `${value} with ${decimal}`).toBe(fitsType(value, { type }, decimal));
    }
  }
});
