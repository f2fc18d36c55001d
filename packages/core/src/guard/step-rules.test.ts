import { expect, test } from 'vitest';
import { parseSteps } from './step-rules.ts';

const parse = (rule: object, name = 'enrich') => parseSteps(JSON.stringify({ steps: { [name]: rule } }), 'steps.json');
const MACHINE = 'arn:aws:states:eu-west-3:123456789012:stateMachine:etl';

test('a step is a function or a state machine, and has tables', () => {
  expect(parse({ function: 'etl', tables: ['public.T', 'gold."Été"'] })).toEqual(
    new Map([
      [
        'enrich',
        {
          calls: { kind: 'function', name: 'etl' },
          source: 'default',
          tables: [
            { schema: 'public', name: 't' },
            { schema: 'gold', name: 'Été' },
          ],
          exclusive: false,
          timeoutSeconds: 900,
          approvalHours: 72,
        },
      ],
    ]),
  );
  const more = { source: 'crm', exclusive: true, timeoutSeconds: 86_400, approvalHours: 1 };
  expect(parse({ machine: MACHINE, tables: ['a.b'], ...more }).get('enrich')).toMatchObject({
    calls: { kind: 'machine', name: MACHINE },
    ...more,
  });
});

test.for<[string, object, RegExp, string?]>([
  ['both', { function: 'etl', machine: MACHINE, tables: ['a.b'] }, /either a "function" or a "machine"/],
  ['neither', { tables: ['a.b'] }, /either a "function" or a "machine"/],
  ['no tables', { function: 'etl', tables: [] }, /steps\.enrich\.tables/],
  [
    'a table of whatever schema',
    { function: 'etl', tables: ['b'] },
    /steps\.enrich\.tables\.0: expected schema\.table/,
  ],
  ['a function that takes an hour', { function: 'etl', tables: ['a.b'], timeoutSeconds: 3_600 }, /at most 900/],
  ['a machine that is a name', { machine: 'etl', tables: ['a.b'] }, /ARN of a state machine/],
  ['a URL', { function: 'https://example.org', tables: ['a.b'] }, /name or the ARN of a function/],
  ['what nobody reads', { function: 'etl', tables: ['a.b'], retries: 3 }, /retries/],
  ['a name of no form', { function: 'etl', tables: ['a.b'] }, /steps\.En Rich/, 'En Rich'],
])('%s is refused, with its place', ([, rule, message, name]) => {
  expect(() => parse(rule, name)).toThrow(message);
});

test('a file that is none of it is refused by its path', () => {
  expect(() => parseSteps('{', '/etc/steps.json')).toThrow(/the guarded steps in \/etc\/steps\.json: no JSON/);
  expect(() => parseSteps('{}', '/etc/steps.json')).toThrow(/\/etc\/steps\.json: steps/);
});
