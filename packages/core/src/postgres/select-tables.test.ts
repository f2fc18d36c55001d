import { expect, test } from 'vitest';
import { parseTableName } from './select-tables.ts';

test.for([
  ['t01_Source', { name: 't01_source' }],
  ['Archive.T01', { schema: 'archive', name: 't01' }],
  ['"Été 2024"', { name: 'Été 2024' }],
  ['"a.b".c', { schema: 'a.b', name: 'c' }],
  ['"say ""hi"""', { name: 'say "hi"' }],
  ['mot clé', { name: 'mot clé' }],
  ['"line\nbreak"', { name: 'line\nbreak' }],
] as const)('%j is read as SQL reads it', ([text, name]) => {
  expect(parseTableName(text)).toEqual(name);
});

test.for(['', '.', 'a.', '.a', 'a.b.c', '""', '"open', '"a"b', 'a"b"'])('%j is no table name', (text) => {
  expect(() => parseTableName(text)).toThrow(expect.objectContaining({ name: 'InvalidInput' }));
});
