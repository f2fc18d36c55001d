import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from '@datasens/testkit/temporary-folder.ts';
import { expect, test } from 'vitest';
import { createToken, expectTokens, listTokens, ownerOf, revokeToken } from './tokens.ts';

const now = new Date('2026-11-27T10:00:00Z');
const { signal } = new AbortController();

test('a token is its owner’s until it is revoked, and stands nowhere', async () => {
  await using home = await temporaryFolder();
  const create = (name: string) => createToken(home.path, name, now, signal);
  const [claire, paul] = [await create('claire'), await create('paul@example.org')];
  expect(await ownerOf(home.path, claire)).toBe('claire');
  expect(await ownerOf(home.path, paul)).toBe('paul@example.org');
  expect(await ownerOf(home.path, `${claire}x`)).toBeUndefined();
  expect(await ownerOf(home.path, '')).toBeUndefined();

  const path = join(home.path, 'tokens.json');
  const stored = await readFile(path, 'utf8');
  expect(stored).not.toContain(claire.replace('datasens_', ''));
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  // What is stored lets nobody in.
  expect(await ownerOf(home.path, JSON.parse(stored).tokens[0].sha256)).toBeUndefined();

  await revokeToken(home.path, 'claire', signal);
  expect(await ownerOf(home.path, claire)).toBeUndefined();
  expect(await ownerOf(home.path, paul)).toBe('paul@example.org');
  expect(await listTokens(home.path)).toEqual([{ name: 'paul@example.org', createdAt: now.toISOString() }]);
});

test('a name is of one person, and has one token', async () => {
  await using home = await temporaryFolder();
  await createToken(home.path, 'claire', now, signal);
  await expect(createToken(home.path, 'Claire', now, signal)).rejects.toMatchObject({ name: 'Conflict' });
  await expect(revokeToken(home.path, 'paul', signal)).rejects.toMatchObject({ name: 'NotFound' });
  for (const name of ['', ' a', 'a\nb', 'a/b', '-a', 'é', 'x'.repeat(65)]) {
    await expect(createToken(home.path, name, now, signal)).rejects.toMatchObject({ name: 'InvalidInput' });
  }
});

test('those that are made at once are all there', async () => {
  await using home = await temporaryFolder();
  const names = Array.from({ length: 5 }, (_, index) => `robot-${index}`);
  await Promise.all(names.map((name) => createToken(home.path, name, now, signal)));
  expect((await listTokens(home.path)).map(({ name }) => name).sort()).toEqual(names);
});

test('a file that is none of ours lets nobody in', async () => {
  await using home = await temporaryFolder();
  await writeFile(join(home.path, 'tokens.json'), '{"tokens": {}}');
  await expect(ownerOf(home.path, 'a')).rejects.toMatchObject({ name: 'ConfigError' });
});

test('other machines are let in only where somebody has a token', async () => {
  await using home = await temporaryFolder();
  for (const address of ['0.0.0.0', '::', '192.0.2.1', '127.evil.example', 'localhost.example']) {
    await expect(expectTokens(home.path, address)).rejects.toMatchObject({ name: 'ConfigError' });
  }
  for (const address of ['127.0.0.1', '::1', 'localhost']) await expectTokens(home.path, address);
  await createToken(home.path, 'claire', now, signal);
  await expectTokens(home.path, '0.0.0.0');
});
