import { randomBytes } from 'node:crypto';
import { type DumpWorld, dumpWorld } from '@datasens/testkit/dump-world.ts';
import { expect, test } from 'vitest';
import { parseDatabaseUrl } from '../postgres/target.ts';
import { planDump } from './plan-dump.ts';
import { runDump } from './run-dump.ts';

const user = 'claire';

/** A source with a table of two rows, and a role that may not see everything; removed with the world. */
async function worldOfReader(setUp: string): Promise<DumpWorld> {
  const world = await dumpWorld();
  const role = `reader_${randomBytes(4).toString('hex')}`;
  await world.source.sql(`create role ${role} login; create table t as select n from generate_series(1, 2) n`);
  await world.source.sql(setUp.replaceAll('READER', role));
  const target = parseDatabaseUrl(world.source.url.replace('//postgres@', `//${role}@`), 'reader');
  expect(target.user).toBe(role);
  return {
    ...world,
    deps: { ...world.deps, sources: new Map([['default', target]]) },
    async [Symbol.asyncDispose]() {
      await world.source.sql(`drop owned by ${role}; drop role ${role}`);
      await world[Symbol.asyncDispose]();
    },
  };
}

test.for(['content', 'none'] as const)(
  'rows hidden by row-level security are refused before anything is written (proof %s)',
  async (proof) => {
    await using world = await worldOfReader(`
    grant select on t to READER; alter table t enable row level security; create policy p on t using (n = 1)`);
    await expect(runDump(world.deps, { user, proof })).rejects.toMatchObject({
      name: 'NotAllowed',
      message: expect.stringMatching(/row-level security would hide rows of "public"."t".*BYPASSRLS/),
    });
    expect(await world.dumpKeys()).toEqual([]);
  },
);

test('a role that bypasses row-level security dumps all rows', async () => {
  await using world = await worldOfReader(`
    grant select on t to READER; alter role READER bypassrls;
    alter table t enable row level security; create policy p on t using (n = 1)`);
  expect((await runDump(world.deps, { user })).proof?.tables).toMatchObject([{ rows: 2 }]);
});

test('a table that the role may not read is named, with the grant to give', async () => {
  await using world = await worldOfReader('create table secret (id int)');
  await expect(runDump(world.deps, { user })).rejects.toMatchObject({
    name: 'NotAllowed',
    message: expect.stringMatching(/permission denied for table.*grant SELECT/),
  });
  expect(await world.dumpKeys()).toEqual([]);
});

test('a source that nobody configured is refused with the names there are', async () => {
  await using world = await dumpWorld();
  await expect(planDump(world.deps, { user, source: 'crm' })).rejects.toMatchObject({
    name: 'NotFound',
    message: expect.stringContaining('Known sources: default'),
  });
});

test('what is refused takes no dump_id', async () => {
  await using world = await dumpWorld();
  const first = await planDump(world.deps, { user });
  await expect(planDump(world.deps, { user, tables: ['nothing'] })).rejects.toMatchObject({ name: 'NotFound' });
  expect((await planDump(world.deps, { user })).dumpId).toBe(first.dumpId + 1);
});
