import { runDump } from '@datasens/core/dump/run-dump.ts';
import { parseDatabaseUrl } from '@datasens/core/postgres/target.ts';
import type { RestoreRequest } from '@datasens/core/restore/restore-plan.ts';
import { runRestore } from '@datasens/core/restore/run-restore.ts';
import { futureDatabase, testDatabase } from '@datasens/testkit/database.ts';
import { dumpText } from '@datasens/testkit/dump-text.ts';
import { type DumpWorld, dumpWorld } from '@datasens/testkit/dump-world.ts';
import { troubleDatabase } from '@datasens/testkit/trouble/trouble-database.ts';
import { expect, test } from 'vitest';

const user = 'claire';

async function restore(world: DumpWorld, url: string, request: Partial<RestoreRequest>) {
  const sources = new Map([...world.deps.sources, ['target', parseDatabaseUrl(url, 'target')]]);
  return runRestore({ ...world.deps, sources }, { dump: '1', into: 'target', prove: true, user, ...request });
}

test.for([
  ['create', 1],
  ['create', 2],
  ['fill', 1],
] as const)('an archive restores to the same database (%s, %i jobs)', async ([mode, jobs]) => {
  await using trouble = await troubleDatabase();
  await using world = await dumpWorld({ sourceUrl: trouble.url });
  await runDump(world.deps, { user });
  await using target = mode === 'create' ? futureDatabase() : await testDatabase();
  const result = await restore(world, target.url, { jobs });
  expect(result.plan.mode).toBe(mode);
  expect(await dumpText(target.url)).toBe(await dumpText(trouble.url));
});

test.for(['as it was', 'altered'] as const)('an archive replaces the database in place (%s)', async (state) => {
  await using trouble = await troubleDatabase();
  await using world = await dumpWorld({ sourceUrl: trouble.url });
  const before = await dumpText(trouble.url);
  await runDump(world.deps, { user });
  if (state === 'altered') {
    await trouble.sql('drop table trouble.mesures cascade; truncate trouble.divers; select lo_unlink(4200001)');
  }
  const result = await restore(world, trouble.url, { inPlace: true, clean: true });
  expect(result.plan.mode).toBe('in-place');
  expect(await dumpText(trouble.url)).toBe(before);
});

test.for(['create', 'fill'] as const)('a plain dump restores to the same database (%s)', async (mode) => {
  // As an ordinary role, which may make neither event triggers nor publications of all tables. Into a database that is
  // there without large objects: in their script pg_dump begins and ends transactions.
  await using trouble = await troubleDatabase({ superuser: false, largeObjects: mode === 'create' });
  await trouble.sql(`alter role "${trouble.roles.owner}" createdb`);
  await using world = await dumpWorld({ sourceUrl: trouble.ownerUrl });
  await runDump(world.deps, { user, format: 'plain' });
  await using target = mode === 'create' ? futureDatabase() : await testDatabase();
  if (mode === 'fill') await target.sql(`alter database ${target.name} owner to "${trouble.roles.owner}"`);
  const url = new URL(target.url);
  url.username = new URL(trouble.ownerUrl).username;
  const result = await restore(world, url.href, {});
  expect(result.plan.mode).toBe(mode);
  expect(await dumpText(target.url)).toBe(await dumpText(trouble.url));
});
