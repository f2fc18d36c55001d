import { runDump } from '@datasens/core/dump/run-dump.ts';
import { parseDatabaseUrl } from '@datasens/core/postgres/target.ts';
import { restoreTest } from '@datasens/core/restore/restore-test.ts';
import { alter } from '@datasens/testkit/alter.ts';
import { ask } from '@datasens/testkit/ask.ts';
import { type DumpWorld, dumpWorld } from '@datasens/testkit/dump-world.ts';
import { startServer } from '@datasens/testkit/server.ts';
import { expect, test } from 'vitest';

const user = 'claire';

async function tested(world: DumpWorld, url: string, now = world.deps.now) {
  const results = await restoreTest({ ...world.deps, now }, { scratch: parseDatabaseUrl(url, 'scratch'), user });
  return results.map(({ dumpId, comparison, error }) => [dumpId, comparison?.equal ?? (error as Error).name]);
}

const DATABASES = 'select datname from pg_database order by 1';
const events = (world: DumpWorld) =>
  world.audit.server.sql(
    `select evenement as event, dump_id::int as dump from t39_dump_evenement where evenement in ('PROUVE', 'ECHEC') order by seq`,
  );

test('the newest dump of each lineage is restored, proven and gone again; a bad one hides no other', async () => {
  await using world = await dumpWorld();
  await world.source.sql('create table t as select generate_series(1, 100) as id; create table u ()');
  await using scratch = await startServer();
  await runDump(world.deps, { user });
  await runDump(world.deps, { user });
  await runDump(world.deps, { user, tables: ['t'] });
  const { prefix, manifest } = await runDump(world.deps, { user, purpose: 'scheduled' });
  await runDump(world.deps, { user, purpose: 'safety', expiresInDays: 1 });
  await alter(world, `${prefix}${manifest.objects.data.key}`);
  const before = await ask(scratch.url(), DATABASES);

  const tomorrow = () => new Date(Date.now() + 2 * 86_400_000);
  expect(await tested(world, scratch.url(), tomorrow)).toEqual([
    [2, true],
    [3, true],
    [4, 'CorruptDump'],
  ]);
  expect(await ask(scratch.url(), DATABASES)).toEqual(before);
  expect(await events(world)).toEqual([
    { event: 'PROUVE', dump: 2 },
    { event: 'PROUVE', dump: 3 },
    { event: 'ECHEC', dump: 4 },
  ]);
});
