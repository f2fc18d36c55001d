import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runDump } from '@datasens/core/dump/run-dump.ts';
import { ask } from '@datasens/testkit/ask.ts';
import { dumpWorld } from '@datasens/testkit/dump-world.ts';
import { freePort } from '@datasens/testkit/free-port.ts';
import { gatedStore } from '@datasens/testkit/gated-store.ts';
import { expectInvariants, expectNothing } from '@datasens/testkit/invariants.ts';
import { recordingStore } from '@datasens/testkit/recording-store.ts';
import { startServer } from '@datasens/testkit/server.ts';
import { temporaryFolder } from '@datasens/testkit/temporary-folder.ts';
import { wrapTools } from '@datasens/testkit/wrapped-tools.ts';
import { expect, test } from 'vitest';

const user = 'claire';
/** More than all the pipes between pg_dump and the storage hold, whatever the compression. */
const MUCH = 'create table t as select gen_random_uuid() as a, gen_random_uuid() as b from generate_series(1, 200000)';

test('an unreachable server is named, without its credentials', async () => {
  const sourceUrl = `postgresql://claire:s3cret@127.0.0.1:${await freePort()}/datasens`;
  await using world = await dumpWorld({ sourceUrl });
  const error = await runDump(world.deps, { user }).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({
    name: 'Transient',
    message: expect.stringContaining('cannot reach PostgreSQL at 127.0.0.1'),
  });
  expect(JSON.stringify(error) + String(error)).not.toContain('s3cret');
  await expectNothing(world);
});

test('a refused password, and a database that is not there', async () => {
  await using server = await startServer({ tcp: true });
  const refused = server.url('postgres', { tcp: true, password: 'not the one' });
  await using world = await dumpWorld({ sourceUrl: refused });
  const error = await runDump(world.deps, { user }).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ name: 'NotAllowed', details: { sqlState: '28P01' } });
  expect(JSON.stringify(error) + String(error)).not.toContain('not the one');

  await using missing = await dumpWorld({ sourceUrl: server.url('nowhere', { tcp: true }) });
  await expect(runDump(missing.deps, { user })).rejects.toMatchObject({ name: 'NotFound' });
  await expectNothing(missing);
});

test('a dump over TCP with a password works, and the password is in no tool’s arguments', async () => {
  await using folder = await temporaryFolder();
  const seen = join(folder.path, 'arguments');
  const spy = `echo "$@" >>'${seen}'; exec "$real" "$@"`;
  await using tools = await wrapTools({ pg_dump: spy, pg_restore: spy, pg_dumpall: spy });
  await using server = await startServer({ tcp: true });
  const password = 'pw-8f14e45f';
  await ask(server.url(), `create role claire superuser login password '${password}'`);
  const sourceUrl = server.url('postgres', { tcp: true, user: 'claire', password });
  await using world = await dumpWorld({ sourceUrl, binDir: tools.binDir });
  const { manifest } = await runDump(world.deps, { user });
  expect(await expectInvariants(world)).toEqual([manifest.dumpId]);
  const args = await readFile(seen, 'utf8');
  expect(args).toContain('--snapshot=');
  expect(args).not.toContain(password);
});

test('a server newer than the client tools is refused with what to install', async () => {
  await using server = await startServer({ major: 18 });
  await using world = await dumpWorld({ sourceUrl: server.url() });
  await expect(runDump(world.deps, { user })).rejects.toMatchObject({
    name: 'ConfigError',
    message: expect.stringMatching(
      /the server is PostgreSQL 18, newer than the client tools here.*postgresql-client-18/s,
    ),
  });
  await expectNothing(world);
});

test('a server that ends pg_dump’s session in the middle leaves nothing, and the next dump is whole', async () => {
  await using world = await dumpWorld();
  await world.source.sql(MUCH);
  // The first bytes may come before the first COPY.
  const endSession = () =>
    expect
      .poll(
        () =>
          world.source.sql(`select pg_terminate_backend(pid) from pg_stat_activity
            where datname = current_database() and application_name like 'datasens dump%' and query ilike 'copy%'`),
        { timeout: 60_000 },
      )
      .toHaveLength(1);
  const { store, stored } = recordingStore(gatedStore(world.deps.store, /\/data\./, endSession));
  // Without a proof, nobody else's session is there to fail.
  await expect(runDump({ ...world.deps, store }, { user, proof: 'none' })).rejects.toMatchObject({
    name: 'ToolFailed',
  });
  expect(stored.filter((key) => key.startsWith('dumps/'))).toEqual([]);
  await expectNothing(world);
  const { manifest } = await runDump(world.deps, { user });
  expect(await expectInvariants(world)).toEqual([manifest.dumpId]);
});

test('a server that dies in the middle leaves nothing, and is Transient', async () => {
  await using server = await startServer();
  await ask(server.url(), MUCH);
  await using world = await dumpWorld({ sourceUrl: server.url() });
  const store = gatedStore(world.deps.store, /\/data\./, () => server.kill9());
  // Without a proof, pg_dump is the only one to notice.
  await expect(runDump({ ...world.deps, store }, { user, proof: 'none' })).rejects.toMatchObject({ name: 'Transient' });
  await expectNothing(world);
});
