import { expect, test } from 'vitest';
import { isSensitive, parseSensitiveRules } from './sensitive-rules.ts';

const known = new Set(['default', 'crm', 'rh']);
const rules = parseSensitiveRules('{"crm": true, "default": ["t04_*", "rh.*", "a(b|c", "*_prive_*"]}', 'R', known);

test.for([
  ['crm', 'public', 'anything', true],
  ['rh', 'rh', 'paie', false],
  ['default', 'public', 't01_source', false],
  ['default', 'archive', 't04_document', true],
  ['default', 'archive', 'T04_Document', true],
  ['default', 'public', 'xt04_document', false],
  ['default', 'rh', 'paie', true],
  ['default', 'RH', 'Paie', true],
  ['default', 'public', 'rh', false],
  ['default', 'public', 'a(b|c', true],
  ['default', 'public', 'ab', false],
  ['default', 'public', 'un_prive_\n2026', true],
] as const)('of %s, %s.%j: %s', ([source, schema, name, expected]) => {
  expect(
    isSensitive(rules, source, [
      { schema: 'public', name: 'other' },
      { schema, name },
    ]),
  ).toBe(expected);
});

test.for([
  ['{', 'R: not JSON'],
  ['{"crm": false}', 'R: not true, or a list of patterns, for each source'],
  ['{"crm": []}', 'R: not true, or a list of patterns'],
  ['{"crm": true, "cmr": true}', 'R: no such source: cmr'],
])('%s protects nothing, and is refused', ([text = '', says]) => {
  expect(() => parseSensitiveRules(text, 'R', known)).toThrow(says);
});
