import { describe, expect, test } from 'vitest';
import type { ColumnType, Decimal } from './column-type.ts';
import { parseDateFormat, toIsoDate } from './date-format.ts';
import { findDecimal } from './find-decimal.ts';
import { inferColumns, parseWantedTypes, toPostgresText } from './infer-columns.ts';
import { inferType } from './infer-type.ts';

describe('the type that keeps every value', () => {
  test.for<readonly [ColumnType, readonly string[]]>([
    ['boolean', ['true', 'FALSE', 'True']],
    ['bigint', ['0', '-12', '+7', ' 9223372036854775807', '-9223372036854775808']],
    ['numeric', ['1', '9223372036854775808']],
    ['numeric', ['1', '0.10', '-.5', '3.14159265358979323846264338327950288']],
    ['double precision', ['1.5e-3', '2', 'NaN', '-Infinity', '0.1']],
    ['numeric', ['1e3', '0.12345678901234567']],
    ['numeric', ['1e400', '1']],
    ['double precision', ['1e-5', '0.0', '0e400']],
    ['date', ['2024-02-29', '0001-01-02']],
    ['timestamp', ['2024-02-29 23:59:59.123456', '2024-01-01T00:00', '2024-01-01']],
    ['timestamptz', ['2024-02-29T23:59:59Z', '2024-02-29 23:59:59+05:30', '2024-02-29 23:59-08']],
    ['uuid', ['123E4567-e89b-12d3-a456-426614174000']],
    ['jsonb', ['{"a": [1, "b: c"]}', '[]', ' {"a":{"b":null}}']],
  ])('%s holds %j', ([type, values]) => {
    expect(inferType(values, '.')).toMatchObject({ type });
  });

  test.for<readonly [string, readonly string[]]>([
    ['has a leading zero', ['00123', '12345']],
    ['has a leading zero', ['0', '007', '1']],
    ['free text', ['a', 'b']],
    ['there is no value', []],
    ['separators of thousands', ['1,234.50', '£12,000']],
    ['integers, but not "1 000"', ['1', '2', '3', '1 000']],
    ['are dates, but not "2023-02-29"', ['2023-02-28', '2023-03-01', '2023-02-29']],
    ['without time zone, but not', ['2024-01-01 10:00', '2024-01-01 10:00', '2024-01-01 10:00Z']],
    ['without time zone, but not', ['2024-01-01 10:00:00.123', '2024-01-01 10:00', '2024-01-01 10:00:00.1234567']],
    ['only numeric keeps', ['1e3', 'NaN', '0.12345678901234567']],
    ['1e400, which only numeric keeps', ['1e400', 'NaN']],
    ['JSON objects or arrays, but not', ['{"a": 1}', '{"b": 1}', '{"a": 1, "a": 2}']],
    ['JSON objects or arrays, but not', ['{"a": 1}', '{"b": 1}', '{"a": "\\u0000"}']],
  ])('is text: %s', ([because, values]) => {
    expect(inferType(values, '.')).toMatchObject({ type: 'text', because: expect.stringContaining(because) });
  });

  test('is told with a word that stands in its way', () => {
    expect(inferType(['1', '2', 'missing', '3', 'missing'], '.')).toEqual({
      type: 'text',
      because: '3 of 5 are integers, but not "missing" (2): --null "missing" would make it bigint',
      missingWords: ['missing'],
    });
    expect(inferType(['1', '2', 'x1', '3'], '.').missingWords).toBeUndefined();
  });
});

describe('dates', () => {
  test('that may be read in two ways stay text, unless told', () => {
    const values = ['03/04/2025', '05/06/2025'];
    expect(inferType(values, '.')).toMatchObject({ type: 'text', because: expect.stringContaining('two ways') });
    const format = parseDateFormat('MM/DD/YYYY');
    expect(inferType(values, '.', format)).toMatchObject({ type: 'date', dateFormat: { order: 'mdy' } });
    expect(inferType(['31/12/2024'], '.', format)).toMatchObject({ type: 'text' });
  });

  test('of one order alone are dates', () => {
    expect(inferType(['03/04/2025', '25/04/2025'], '.')).toMatchObject({
      type: 'date',
      dateFormat: { text: 'DD/MM/YYYY' },
      because: expect.stringContaining('25/04/2025'),
    });
    expect(inferType(['03-04-2025', '04-25-2025'], '.')).toMatchObject({ dateFormat: { text: 'MM-DD-YYYY' } });
    expect(inferType(['2025/04/03'], '.')).toMatchObject({ dateFormat: { text: 'YYYY/MM/DD' } });
    expect(inferType(['25/04/2025', '04/25/2025'], '.')).toMatchObject({ type: 'text' });
  });

  test('become ISO 8601, if they are in the calendar', () => {
    const format = parseDateFormat('dd.mm.yyyy');
    expect(toIsoDate(' 1.2.2024 ', format)).toBe('2024-02-01');
    for (const text of ['30.02.2024', '1.2.24', '1/2/2024', '1.2.2024.', '00.01.2024']) {
      expect(toIsoDate(text, format)).toBeUndefined();
    }
    for (const text of ['DD/MM', 'YYYY/DD/MM', 'DD/MM-YYYY', 'DD/DD/YYYY'])
      expect(() => parseDateFormat(text)).toThrow('DD/MM/YYYY');
  });
});

describe('decimal commas', () => {
  const decimalOf = (values: readonly string[], delimiter: string, told?: Decimal) =>
    findDecimal(values, delimiter, told).decimal;

  test('count where nothing else can be meant, or where told', () => {
    expect(decimalOf(['1,5', '2,25', '3'], ';')).toBe(',');
    expect(decimalOf(['1,500', '2,250'], ';')).toBe('.');
    expect(decimalOf(['1,5', '2.25'], ';')).toBe('.');
    expect(decimalOf(['1,5', '2,25'], ',')).toBe('.');
    expect(decimalOf(['1,500'], ';', ',')).toBe(',');
  });

  test('make numbers, which PostgreSQL gets with a point', () => {
    const inferred = inferType(['1,5', '-2', ',25'], ',');
    expect(inferred.type).toBe('numeric');
    expect(['1,5', '-2', ' ,25'].map((value) => toPostgresText(value, inferred, ','))).toEqual(['1.5', '-2', ' .25']);
    expect(inferType(['1.234,5', '2.000,1'], ',').type).toBe('text');
    // What is no number of the column is for PostgreSQL to refuse, as it stands.
    expect(toPostgresText('1,5,2', inferred, ',')).toBe('1,5,2');
  });
});

describe('columns', () => {
  const names = [
    { name: 'id', header: 'id' },
    { name: 'jour', header: ' jour ' },
  ];
  const records = [{ values: ['1', '03/04/2025'] }, { values: [null, '25/04/2025'] }];

  test('have a type, the reason, and the NULLs of the sample', () => {
    const columns = inferColumns(names, records, { decimal: '.' });
    expect(columns).toMatchObject([
      { name: 'id', type: 'bigint', nulls: 1, because: 'all 1 are integers' },
      { name: 'jour', type: 'date', nulls: 0 },
    ]);
    expect(toPostgresText('03/04/2025', columns[1] ?? { type: 'text' }, '.')).toBe('2025-04-03');
  });

  test('have the type that they are told to have', () => {
    expect(inferColumns(names, records, { decimal: '.', types: 'text' }).map(({ type }) => type)).toEqual([
      'text',
      'text',
    ]);
    const types = parseWantedTypes('{" jour ": "text"}');
    expect(inferColumns(names, records, { decimal: '.', types }).map(({ type }) => type)).toEqual(['bigint', 'text']);
    expect(() => inferColumns(names, records, { decimal: '.', types: { nom: 'text' } })).toThrow('no column "nom"');
    for (const json of ['', '[]', '{"id": "int"}', '{"id": null}'])
      expect(() => parseWantedTypes(json)).toThrow(/expected/);
  });
});
