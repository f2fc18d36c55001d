import { expect, test } from 'vitest';
import { DumpRequest, dumpPrefix, expiryOf } from './dump-plan.ts';

const createdAt = new Date('2026-11-22T10:20:30.456Z');
const table = (name: string) => ({ schema: 'public', name, display: name });

test('the prefix says type, source, lineage, time and id', () => {
  const plan = { dumpId: 12, source: 'crm', purpose: 'scheduled', selection: null } as const;
  expect(dumpPrefix(plan, createdAt)).toBe('dumps/SQL/crm/scheduled/20261122T102030Z-12/');
  const selection = dumpPrefix({ ...plan, selection: [table('a'), table('b')] }, createdAt);
  expect(selection).toMatch(/^dumps\/SQL\/crm\/scheduled-tables-[0-9a-f]{12}\/20261122T102030Z-12\/$/);
});

test.for([
  [{}, null],
  [{ expiresInDays: 30 }, '2026-12-22T10:20:30.456Z'],
  [{ personal: true }, '2027-02-20T10:20:30.456Z'],
  [{ personal: true, expiresInDays: 30 }, '2026-12-22T10:20:30.456Z'],
  [{ personal: true, expiresAt: '2026-12-31T18:00:00Z' }, '2026-12-31T18:00:00.000Z'],
] as const)('a dump of %j expires at %s', ([request, expected]) => {
  expect(expiryOf(DumpRequest.parse({ user: 'claire', ...request }), createdAt)?.toISOString() ?? null).toBe(expected);
});
