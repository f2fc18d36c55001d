import { runDump } from '@datasens/core/dump/run-dump.ts';
import { ask } from '@datasens/testkit/ask.ts';
import { dumpWorld } from '@datasens/testkit/dump-world.ts';
import { expectInvariants } from '@datasens/testkit/invariants.ts';
import { startServer } from '@datasens/testkit/server.ts';
import { expect, test } from 'vitest';

const user = 'claire';

test('5,000 tables, each with three indexes, fit into the default lock table', async () => {
  // max_connections decides how many locks there is room for: here it is PostgreSQL's default.
  await using server = await startServer({ settings: { max_connections: '100' } });
  await using world = await dumpWorld({ sourceUrl: server.url() });
  await ask(
    server.url(),
    `do $$ begin for n in 1..5000 loop
    execute format('create table t%s (id int primary key, nom text, unique (nom, id), unique (nom))', n);
    execute format('insert into t%s values (%s)', n, n);
    if n % 500 = 0 then commit; end if;
  end loop; end $$`,
  );
  const { manifest, proof } = await runDump(world.deps, { user });
  expect(manifest).toMatchObject({ tables: 5000, rows: 5000 });
  expect(new Set(proof?.tables.map(({ hash }) => hash)).size).toBe(5000);
  expect(await expectInvariants(world)).toEqual([manifest.dumpId]);
}, 300_000);

test('20,000 large objects', async () => {
  await using world = await dumpWorld();
  await world.source.sql(`select count(lo_from_bytea(0, n::text::bytea)) from generate_series(1, 20000) n`);
  const { manifest, proof } = await runDump(world.deps, { user });
  expect(proof?.largeObjects).toEqual({ count: 20_000, hash: expect.any(String) });
  expect(await expectInvariants(world)).toEqual([manifest.dumpId]);
}, 300_000);
