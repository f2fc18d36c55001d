import { expect, test } from 'vitest';
import { dumpPrefix, findPlace, placeOf } from './dump-place.ts';

const createdAt = new Date('2026-11-22T10:20:30.456Z');
const table = (name: string) => ({ schema: 'public', name });
const plan = { dumpId: 12, source: 'crm', purpose: 'scheduled', selection: null } as const;

test('the prefix says type, source, lineage, time and id', () => {
  expect(dumpPrefix(plan, createdAt)).toBe('dumps/SQL/crm/scheduled/20261122T102030Z-12/');
  const selection = dumpPrefix({ ...plan, selection: [table('a'), table('b')] }, createdAt);
  expect(selection).toMatch(/^dumps\/SQL\/crm\/scheduled-tables-[0-9a-f]{12}\/20261122T102030Z-12\/$/);
});

test('the key of any object of a dump leads back to its place', () => {
  const prefix = dumpPrefix({ ...plan, selection: [table('a')] }, createdAt);
  expect(placeOf(`${prefix}data.0f31c2a9.dump`)).toMatchObject({ prefix, dumpId: 12, type: 'SQL', source: 'crm' });
  expect(findPlace(`${prefix}data.0f31c2a9.dump`, 12)).toMatchObject({ prefix });
  expect(findPlace(`${prefix}data.0f31c2a9.dump`, 13)).toBeUndefined();
});

test.for([
  'dumps/SQL/crm/scheduled/20261122T102030Z-12',
  'dumps/SQL/crm/scheduled/20261122T102030Z-12/',
  'dumps/SQL/crm/scheduled/20261122T102030Z-12/sub/data.dump',
  'dumps/SQL/crm/scheduled/20261122T102030Z-012/data.dump',
  'dumps/SQL/crm/scheduled/20261322T102030Z-12/data.dump',
  'dumps/SQL/crm/scheduled/by-hand-12/data.dump',
  'dumps/OTHER/crm/scheduled/20261122T102030Z-12/data.dump',
  'dumps/SQL/scheduled/20261122T102030Z-12/data.dump',
  'imported/dumps/SQL/crm/scheduled/20261122T102030Z-12/data.dump',
])('%s is the key of no dump of ours', (key) => {
  expect(placeOf(key)).toBeUndefined();
});
