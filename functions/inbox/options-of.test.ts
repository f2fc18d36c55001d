import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readInboxRules } from '@datasens/core/import/inbox-rules.ts';
import { temporaryFolder } from '@datasens/testkit/temporary-folder.ts';
import { expect, test } from 'vitest';
import { optionsOf } from './options-of.ts';

async function rulesOf(content: unknown) {
  await using folder = await temporaryFolder();
  const path = join(folder.path, 'imports.json');
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
  return await readInboxRules({ path, required: true });
}

test('the rule with the longest prefix says how a file is imported, and its folder which table, unless the rule does', async () => {
  const rules = await rulesOf({
    rules: [
      { prefix: 'inbox/', maxRejects: 5 },
      { prefix: 'inbox/public.t/fr/', delimiter: ';', decimal: ',' },
      { prefix: 'inbox/ventes-', table: 'sales.v', ifExists: 'upsert', keyColumns: ['id'] },
    ],
  });
  expect(optionsOf('inbox/public.t/a.csv', rules)).toMatchObject({ table: 'public.t', maxRejects: 5 });
  const french = optionsOf('inbox/public.t/fr/a.csv', rules);
  expect(french).toMatchObject({ table: 'public.t', delimiter: ';', decimal: ',' });
  expect(french).not.toMatchObject({ maxRejects: 5 });
  expect(optionsOf('inbox/ventes-2026.csv', rules)).toMatchObject({ table: 'sales.v', ifExists: 'upsert' });
  expect(optionsOf('inbox/public.t/a.csv', [])).toEqual({ table: 'public.t' });
  expect(optionsOf('inbox/loose.csv', [])).toEqual({});
});

test.for([
  ['{', 'no JSON'],
  [{ rules: [{ prefix: 'imported/' }] }, 'rules.0.prefix: expected a prefix below inbox/'],
  [{ rules: [{ prefix: 'inbox/a/' }, { prefix: 'inbox/a/' }] }, 'inbox/a/ is there twice'],
  [{ rules: [{ prefix: 'inbox/a/', ifExists: 'maybe' }] }, 'rules.0.ifExists'],
  [{ rules: [{ prefix: 'inbox/a/', user: 'claire' }] }, '"user"'],
] as const)('%j is refused: %s', async ([content, says]) => {
  await expect(rulesOf(content)).rejects.toMatchObject({
    name: 'ConfigError',
    message: expect.stringContaining(says),
  });
});

test('a file that nobody has named may be absent', async () => {
  const path = '/nowhere/imports.json';
  expect(await readInboxRules({ path, required: false })).toEqual([]);
  await expect(readInboxRules({ path, required: true })).rejects.toMatchObject({ name: 'ConfigError' });
});
