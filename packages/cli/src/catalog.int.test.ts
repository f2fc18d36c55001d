import { datasens } from '@datasens/testkit/cli.ts';
import { testDatabase } from '@datasens/testkit/database.ts';
import { testStore } from '@datasens/testkit/stores.ts';
import { temporaryFolder } from '@datasens/testkit/temporary-folder.ts';
import { expect, test } from 'vitest';

test('an audit database that is lost is restored from the storage, and every command goes on', async () => {
  await using source = await testDatabase();
  await using lost = await testDatabase();
  await using fresh = await testDatabase();
  await using folder = await temporaryFolder();
  await using storage = await testStore();
  const env = { DATABASE_URL: source.url, DATASENS_HOME: folder.path, ...storage.env };
  const before = (...args: string[]) => datasens(args, { ...env, AUDIT_DATABASE_URL: lost.url });
  const after = (...args: string[]) => datasens(args, { ...env, AUDIT_DATABASE_URL: fresh.url });

  expect(await after('catalog', 'rebuild')).toMatchObject({ code: 1, stderr: expect.stringMatching(/no journal/) });
  expect((await storage.store.list('')).blobs).toEqual([]);
  for (let n = 0; n < 2; n += 1) expect(await before('dump', '--comment', 'kept')).toMatchObject({ code: 0 });
  expect(await before('hold', '2')).toMatchObject({ code: 0 });
  const listed = (await before('audit', '--json')).json;

  // Whoever forgets is told.
  const forgotten = await after('audit');
  expect(forgotten).toMatchObject({ code: 0, stderr: expect.stringMatching(/datasens catalog rebuild/) });
  expect(await after('catalog', 'rebuild', '--dry-run')).toMatchObject({
    code: 0,
    stdout: 'would be restored: 4 events, 2 dumps and imports, 0 entries of the ledger\n',
    stderr: '',
  });
  expect(await after('catalog', 'rebuild', '--json')).toMatchObject({
    code: 0,
    json: { outcome: 'rebuilt', events: 4, dumps: 2, imports: 0, adopted: 0, damage: { count: 0 } },
  });
  expect((await after('audit', '--json')).json).toEqual(listed);
  expect(await after('catalog', 'rebuild')).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^all there already/),
  });
  expect(await after('verify', '1')).toMatchObject({ code: 0 });
  expect(await after('dump')).toMatchObject({ code: 0, stderr: '' });
  expect(await after('journal', 'verify')).toMatchObject({ code: 0 });
  expect(await after('catalog', 'write', '--json')).toMatchObject({ code: 0, json: { objects: 1 } });
});

test('a damaged storage is told with its places, as JSON too', async () => {
  await using source = await testDatabase();
  await using fresh = await testDatabase();
  await using folder = await temporaryFolder();
  await using storage = await testStore();
  const env = { DATABASE_URL: source.url, DATASENS_HOME: folder.path, ...storage.env };
  await datasens(['dump'], env);
  await storage.outside.write('journal/000000000002.json', '{}');
  const after = (...args: string[]) => datasens(args, { ...env, AUDIT_DATABASE_URL: fresh.url });
  expect(await after('catalog', 'rebuild')).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/journal\/000000000002\.json is not what was sealed\n.*--despite-damage/),
  });
  expect(await after('catalog', 'rebuild', '--json')).toMatchObject({
    code: 1,
    json: { error: { name: 'Conflict', details: { count: 1, places: [{ seq: 2 }] } } },
  });
  expect(await after('catalog', 'rebuild', '--despite-damage')).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(
      /^restored: .*\ndamaged: 1\n {2}journal\/000000000002\.json .*\nregistered from manifests: 1\n/,
    ),
  });
});
