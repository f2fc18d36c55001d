import { expect, test } from 'vitest';
import { DumpRequest, expiryOf } from './dump-plan.ts';

const createdAt = new Date('2026-11-22T10:20:30.456Z');

test.for([
  [{}, null],
  [{ expiresInDays: 30 }, '2026-12-22T10:20:30.456Z'],
  [{ personal: true }, '2027-02-20T10:20:30.456Z'],
  [{ personal: true, expiresInDays: 30 }, '2026-12-22T10:20:30.456Z'],
  [{ personal: true, expiresAt: '2026-12-31T18:00:00Z' }, '2026-12-31T18:00:00.000Z'],
] as const)('a dump of %j expires at %s', ([request, expected]) => {
  expect(expiryOf(DumpRequest.parse({ user: 'claire', ...request }), createdAt)?.toISOString() ?? null).toBe(expected);
});
