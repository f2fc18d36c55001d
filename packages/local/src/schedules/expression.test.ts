import { expect, test } from 'vitest';
import { parseExpression } from './expression.ts';

const at = (text: string) => Date.parse(text);
const told = (ms: number | undefined) => (ms === undefined ? undefined : new Date(ms).toISOString().slice(0, 16));
const ANCHOR = at('2026-11-01T00:00Z');

test.for([
  ['cron(0 2 * * ? *)', 'UTC', '2026-11-27T02:00Z', ['2026-11-28T02:00', '2026-11-27T02:00']],
  ['cron(0 2 * * ? *)', 'Europe/Paris', '2026-11-27T12:00Z', ['2026-11-28T01:00', '2026-11-27T01:00']],
  ['cron(0 5 ? * SUN *)', 'UTC', '2026-11-27T12:00Z', ['2026-11-29T05:00', '2026-11-22T05:00']],
  // Days of the week begin with Sunday, which is 1.
  ['cron(0 5 ? * 1 *)', 'UTC', '2026-11-27T12:00Z', ['2026-11-29T05:00', '2026-11-22T05:00']],
  ['cron(0 5 ? * 6L *)', 'UTC', '2026-11-27T12:00Z', ['2026-12-25T05:00', '2026-11-27T05:00']],
  ['cron(0/15 8-17 ? * MON-FRI *)', 'UTC', '2026-11-27T17:50Z', ['2026-11-30T08:00', '2026-11-27T17:45']],
  // 02:30 does not come on that day, and comes twice on this one.
  ['cron(30 2 * * ? *)', 'Europe/Paris', '2026-03-28T12:00Z', ['2026-03-29T01:00', '2026-03-28T01:30']],
  ['cron(30 2 * * ? *)', 'Europe/Paris', '2026-10-25T00:30Z', ['2026-10-26T01:30', '2026-10-25T00:30']],
  ['cron(0 5 1 * ? 2020)', 'UTC', '2026-11-27T12:00Z', [undefined, undefined]],
  ['rate(1 hour)', 'UTC', '2026-11-01T00:00Z', ['2026-11-01T01:00', undefined]],
  ['rate(12 hours)', 'UTC', '2026-11-27T12:00Z', ['2026-11-28T00:00', '2026-11-27T12:00']],
  ['rate(12 hours)', 'UTC', '2026-10-01T12:00Z', ['2026-11-01T12:00', undefined]],
] as const)('%s in %s at %s', ([text, timezone, now, [next, last]]) => {
  const expression = parseExpression(text, timezone, ANCHOR);
  expect([expression.after(at(now)), expression.last(at('2026-01-01T00:00Z'), at(now))].map(told)).toEqual([
    next,
    last,
  ]);
});

test('what was due before is not due again', () => {
  for (const text of ['cron(0 2 * * ? *)', 'rate(1 hour)']) {
    const expression = parseExpression(text, 'UTC', ANCHOR);
    const due = at('2026-11-27T02:00Z');
    expect(expression.last(due - 1, due + 1)).toBe(due);
    expect(expression.last(due, due + 1)).toBeUndefined();
  }
});

test.for([
  ['cron(0 2 * * *)', 'UTC', 'six fields'],
  ['cron(0 2 * * * *)', 'UTC', 'expected a ? in one of'],
  ['cron(0 2 ? * ? *)', 'UTC', 'expected a ? in one of'],
  ['cron(61 2 * * ? *)', 'UTC', 'minute'],
  ['cron(0 2 * * ? *)', 'Mars/One', 'no time zone'],
  ['rate(1 hours)', 'UTC', 'expected "1 hour"'],
  ['rate(2 hour)', 'UTC', '"2 hours"'],
  ['rate(0 hours)', 'UTC', 'expected rate'],
  ['every day', 'UTC', 'expected rate'],
] as const)('%s in %s is refused: %s', ([text, timezone, says]) => {
  expect(() => parseExpression(text, timezone, ANCHOR)).toThrow(says);
});
