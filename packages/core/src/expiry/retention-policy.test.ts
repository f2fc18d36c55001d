import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from '@datasens/testkit/temporary-folder.ts';
import { describe, expect, test } from 'vitest';
import { policySchema } from './policy-schema.ts';
import { readPolicy } from './read-policy.ts';
import { DEFAULT_POLICY, parsePolicy } from './retention-policy.ts';

const DAY_MS = 86_400_000;
const parse = (file: unknown) => parsePolicy(JSON.stringify(file), '/etc/retention.json');

test('rules are read with their durations, and the default behind them', () => {
  const policy = parse({
    $schema: './retention.schema.json',
    rules: [{ name: 'nightly', match: { purpose: 'scheduled' }, daily: 14, keepWithin: '3d', archiveAfter: '30d' }],
    archiveClass: 'STANDARD_IA',
    rejected: { expireAfter: '30d' },
    imported: { expireAfter: '365d' },
  });
  expect(policy).toEqual({
    rules: [
      {
        name: 'nightly',
        match: { purpose: 'scheduled' },
        daily: 14,
        keepWithinMs: 3 * DAY_MS,
        archiveAfterMs: 30 * DAY_MS,
      },
      { name: 'default', match: {}, keepLast: 7 },
    ],
    archiveClass: 'STANDARD_IA',
    rejectedMs: 30 * DAY_MS,
    importedMs: 365 * DAY_MS,
  });
});

describe('refused', () => {
  const rule = (more: object) => ({ rules: [{ name: 'r', keepLast: 7, ...more }] });
  test.for<[what: string, file: unknown, says: string]>([
    ['an empty file', {}, 'rules'],
    ['no rule', { rules: [] }, 'there is no rule'],
    ['a rule that keeps nothing', { rules: [{ name: 'r', archiveAfter: '30d' }] }, 'keeps nothing'],
    ['a count of none', rule({ keepLast: 0 }), 'keepLast'],
    ['an unknown key', rule({ keepLatest: 7 }), 'keepLatest'],
    ['an unknown key of a match', rule({ match: { table: 't' } }), 'table'],
    ['a purpose that there is not', rule({ match: { purpose: 'nightly' } }), 'purpose'],
    ['a duration in words', rule({ keepWithin: '3 weeks' }), 'such as 90d'],
    ['no time at all', rule({ expireAfter: '0d' }), 'such as 90d'],
    ['a promise that the term breaks', rule({ keepWithin: '100d', expireAfter: '90d' }), 'promises what'],
    ['an archive of what is gone', rule({ archiveAfter: '90d', expireAfter: '90d' }), 'comes after'],
    ['two rules of one name', { rules: [rule({}).rules[0], rule({}).rules[0]] }, 'two rules are named r'],
    ['a class that cannot be read', { ...rule({}), archiveClass: 'DEEP_ARCHIVE' }, 'instant retrieval'],
  ])('%s', ([, file, says]) => {
    expect(() => parse(file)).toThrow(
      expect.objectContaining({ name: 'ConfigError', message: expect.stringContaining(says) }),
    );
  });

  test('with all problems in one message', () => {
    const file = { rules: [{ name: 'a', keepLast: -1 }, { name: 'b' }], extra: true };
    const message = expect.stringMatching(
      /retention\.json[\s\S]*extra[\s\S]*keepLast|retention\.json[\s\S]*keepLast[\s\S]*extra/,
    );
    expect(() => parse(file)).toThrow(expect.objectContaining({ message }));
  });

  test('what is no JSON', () => {
    expect(() => parsePolicy('rules: []', '/etc/r.json')).toThrow(/\/etc\/r\.json is not JSON/);
  });
});

test('without a file the defaults hold; one that was named must be there', async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, 'retention.json');
  expect(await readPolicy({ path, required: false })).toBe(DEFAULT_POLICY);
  await expect(readPolicy({ path, required: true })).rejects.toMatchObject({ name: 'ConfigError' });
  await expect(readPolicy({ path: folder.path, required: false })).rejects.toMatchObject({ name: 'ConfigError' });
});

test('docs/retention.schema.json is the schema in force (npm run docs:retention)', async () => {
  const published = await readFile(new URL('../../../../docs/retention.schema.json', import.meta.url), 'utf8');
  expect(published).toBe(policySchema());
});
