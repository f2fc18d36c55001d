import { runDump } from '@datasens/core/dump/run-dump.ts';
import { parseDatabaseUrl } from '@datasens/core/postgres/target.ts';
import { runRestore } from '@datasens/core/restore/run-restore.ts';
import { futureDatabase, testDatabase } from '@datasens/testkit/database.ts';
import { dumpText } from '@datasens/testkit/dump-text.ts';
import { dumpWorld } from '@datasens/testkit/dump-world.ts';
import { troubleDatabase } from '@datasens/testkit/trouble/trouble-database.ts';
import { expect, test } from 'vitest';

const user = 'claire';

test('custom, into a database that is not there', async () => {
  await using trouble = await troubleDatabase();
  await using world = await dumpWorld({ sourceUrl: trouble.url });
  await using target = futureDatabase();
  const { manifest } = await runDump(world.deps, { user });
  const deps = {
    ...world.deps,
    sources: new Map([...world.deps.sources, ['target', parseDatabaseUrl(target.url, 't')]]),
  };
  const result = await runRestore(deps, { dump: String(manifest.dumpId), into: 'target', prove: true, user });
  expect(result.comparison.equal).toBe(true);
  expect(await dumpText(target.url)).toBe(await dumpText(trouble.url));
});

test('custom, into an empty one', async () => {
  await using trouble = await troubleDatabase();
  await using world = await dumpWorld({ sourceUrl: trouble.url });
  await using target = await testDatabase();
  const { manifest } = await runDump(world.deps, { user });
  const deps = {
    ...world.deps,
    sources: new Map([...world.deps.sources, ['target', parseDatabaseUrl(target.url, 't')]]),
  };
  const result = await runRestore(deps, { dump: String(manifest.dumpId), into: 'target', prove: true, user });
  expect(result.plan.mode).toBe('fill');
  expect(await dumpText(target.url)).toBe(await dumpText(trouble.url));
});

test('custom, in place over itself', async () => {
  await using trouble = await troubleDatabase();
  await using world = await dumpWorld({ sourceUrl: trouble.url });
  const before = await dumpText(trouble.url);
  const { manifest } = await runDump(world.deps, { user });
  const result = await runRestore(world.deps, {
    dump: String(manifest.dumpId),
    inPlace: true,
    clean: true,
    prove: true,
    user,
  });
  expect(result.plan.mode).toBe('in-place');
  expect(await dumpText(trouble.url)).toBe(before);
});

test('plain, into a database that is not there', async () => {
  await using trouble = await troubleDatabase({ superuser: false });
  await using world = await dumpWorld({ sourceUrl: trouble.ownerUrl });
  await using target = futureDatabase();
  const url = new URL(target.url);
  url.username = new URL(trouble.ownerUrl).username;
  const { manifest } = await runDump(world.deps, { user, format: 'plain' });
  const deps = {
    ...world.deps,
    sources: new Map([...world.deps.sources, ['target', parseDatabaseUrl(url.href, 't')]]),
  };
  await trouble.sql(`alter role "${trouble.roles.owner}" createdb`);
  const result = await runRestore(deps, { dump: String(manifest.dumpId), into: 'target', prove: true, user });
  expect(result.comparison.equal).toBe(true);
  expect(await dumpText(target.url)).toBe(await dumpText(trouble.url));
});
