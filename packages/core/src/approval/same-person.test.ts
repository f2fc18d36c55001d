import { expect, test } from 'vitest';
import { isSamePerson, mayBeSamePerson } from './same-person.ts';

test.for([
  ['arn:aws:iam::123456789012:user/team/Claire', 'claire'],
  ['arn:aws:sts::123456789012:assumed-role/Analyst/claire@example.org', 'claire@example.org'],
  ['arn:aws:iam::123456789012:user/claire', 'arn:aws:sts::123456789012:assumed-role/Analyst/claire'],
  ['arn:~0123456789abcdef~role/claire', 'claire'],
  ['AWS:AROAEXAMPLEID:claire', 'claire'],
] as const)('a person may be the one whom AWS names otherwise: %s, %s', ([a, b]) => {
  expect([mayBeSamePerson(a, b), mayBeSamePerson(b, a), isSamePerson(a, b)]).toEqual([true, true, false]);
});

test('others are others', () => {
  expect(mayBeSamePerson('arn:aws:iam::123456789012:user/paul', 'claire')).toBe(false);
  expect(mayBeSamePerson('schedule nightly/claire', 'claire')).toBe(false);
  expect(mayBeSamePerson('', 'claire')).toBe(false);
});
