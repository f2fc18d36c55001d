import { afterAll, expect, test } from 'vitest';
import type { Json } from '../json.ts';
import { openEvaluator } from './evaluator.ts';

const evaluator = openEvaluator();
afterAll(() => evaluator[Symbol.dispose]());

const evaluate = async (value: Json, bindings = {}) => {
  const [result] = await evaluator.evaluate([{ name: 'Output', value }], bindings);
  return result;
};
const failure = (message: unknown) => expect.objectContaining({ name: 'States.QueryEvaluationError', message });

test('expressions stand anywhere in a value, and each keeps the type that it comes to', async () => {
  const value = { text: 'a', deep: [{ n: '{% $x + 1 %}' }, '{%$y%}'], none: '{% null %}', not: ' {% 1 %}' };
  expect(await evaluate(value, { x: 1, y: ['b'] })).toEqual({
    text: 'a',
    deep: [{ n: 2 }, ['b']],
    none: null,
    not: ' {% 1 %}',
  });
});

test.for<[string, Json]>([
  ['$partition([1, 2, 3, 4, 5], 2)', [[1, 2], [3, 4], [5]]],
  ['$range(0, 4, 2)', [0, 2, 4]],
  ['$range(3, 1, -1)', [3, 2, 1]],
  ["$hash('input data', 'SHA-1')", 'aaff4a450a104cd177d28d18d74485e8cae074b7'],
  ["$hash('', 'MD5')", 'd41d8cd98f00b204e9800998ecf8427e'],
  ["$length($hash('a', 'SHA-512'))", 128],
  ['$random(7) = $random(7)', true],
  ['$random() < 1', true],
  ['$length($uuid())', 36],
  ['$parse(\'{"a": 1}\').a', 1],
  ['$states.input.list[n > 1].n', [2, 3]],
])('%s', async ([expression, expected]) => {
  const states = { input: { list: [{ n: 1 }, { n: 2 }, { n: 3 }] } };
  expect(await evaluate(`{% ${expression} %}`, { states })).toEqual(expected);
});

test.for<[string, string]>([
  [
    '$states.input.missing',
    "The JSONata expression '$states.input.missing' specified for the field 'Output' returned nothing (undefined).",
  ],
  ['function() { 1 }', 'returned nothing (undefined)'],
  ["1 + 'a'", 'threw an error during evaluation. T2002'],
  ["$error('no way')", 'no way'],
  ["$parse('{')", 'threw an error during evaluation'],
  ['$range(1, 2000, 1)', 'at most 1,000'],
  ["$hash('a', 'CRC')", 'SHA-256'],
  ["$eval('1')", 'threw an error during evaluation. T1006'],
])('%s fails by name', async ([expression, message]) => {
  await expect(evaluate(`{% ${expression} %}`)).rejects.toThrow(failure(expect.stringContaining(message)));
});

test('the place of an expression that fails is named', async () => {
  await expect(evaluate({ a: [{ b: '{% missing %}' }] })).rejects.toThrow(
    expect.objectContaining({ evaluation: expect.objectContaining({ location: 'Output/a[0]/b' }) }),
  );
});

test.for([
  ['a recursion', '($f := function($n) { $f($n + 1) }; $f(0))'],
  ['a regular expression that backtracks', `$match('${'a'.repeat(40)}!', /^(a+)+$/)`],
])('%s that never ends is ended, and the next expression is evaluated', async ([, expression]) => {
  using impatient = openEvaluator({ limitMs: 200 });
  const never = impatient.evaluate([{ name: 'Output', value: `{% ${expression} %}` }], {});
  const next = impatient.evaluate([{ name: 'Output', value: '{% 1 + 1 %}' }], {});
  await expect(never).rejects.toThrow(failure(expect.stringContaining('longer than 200 ms')));
  expect(await next).toEqual([2]);
});

test('an expression that fills the memory fails alone', async () => {
  using small = openEvaluator({ memoryMb: 32 });
  const fill = '($f := function($a) { $f($append($a, $a)) }; $f([1..1000]))';
  await expect(small.evaluate([{ name: 'Output', value: `{% ${fill} %}` }], {})).rejects.toThrow(
    failure(expect.any(String)),
  );
  expect(await small.evaluate([{ name: 'Output', value: '{% 1 + 1 %}' }], {})).toEqual([2]);
});
