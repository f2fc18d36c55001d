import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DumpRequest } from '@datasens/core/dump/dump-plan.ts';
import { type DumpResult, runDump } from '@datasens/core/dump/run-dump.ts';
import { listClientTools } from '@datasens/core/postgres/client-tools.ts';
import { quoteIdentifier } from '@datasens/core/postgres/quote.ts';
import { alter } from '@datasens/testkit/alter.ts';
import { ask } from '@datasens/testkit/ask.ts';
import { futureDatabase, testDatabase } from '@datasens/testkit/database.ts';
import { dumpText } from '@datasens/testkit/dump-text.ts';
import type { DumpWorld, DumpWorldOptions } from '@datasens/testkit/dump-world.ts';
import { otherTools } from '@datasens/testkit/other-tools.ts';
import { expectFailure, restoreInto, restoreWorld } from '@datasens/testkit/restore-world.ts';
import { testRole } from '@datasens/testkit/role.ts';
import { startServer } from '@datasens/testkit/server.ts';
import { temporaryFolder } from '@datasens/testkit/temporary-folder.ts';
import { expect, test } from 'vitest';

const user = 'claire';
const SOURCE = 'create table t as select n, md5(n::text) from generate_series(1, 1000) n';

interface Dumped extends DumpWorld {
  readonly result: DumpResult;
}

async function dumped(request: Omit<DumpRequest, 'user'> = {}, options: DumpWorldOptions = {}): Promise<Dumped> {
  const world = await restoreWorld(options);
  await ask(options.sourceUrl ?? world.source.url, SOURCE);
  return { ...world, result: await runDump(world.deps, { user, ...request }) };
}

function later(world: Dumped): Dumped {
  return { ...world, deps: { ...world.deps, now: () => new Date(Date.now() + 2 * 86_400_000) } };
}

test.for(['data', 'proof', 'globals'] as const)('an altered byte in the %s', async (object) => {
  await using world = await dumped();
  await using target = futureDatabase();
  const key = world.result.manifest.objects[object]?.key ?? '';
  await alter(world, `${world.result.prefix}${key}`);
  await expectFailure(
    world,
    target.url,
    {},
    {
      name: 'CorruptDump',
      says: [key, 'is altered', 'use an older dump'],
      journalled: ['ECHEC'],
    },
  );
});

test('a row that names the bytes of another dump', async () => {
  await using world = await dumped();
  await using target = futureDatabase();
  const other = await runDump(world.deps, { user });
  const key = `${other.prefix}${other.manifest.objects.data.key}`;
  await world.audit.server.sql('delete from t38_dump_audit where dump_id = $1', [other.manifest.dumpId]);
  await world.audit.server.sql('update t38_dump_audit set chemin = $1, checksum_sha256 = $2', [
    key,
    other.manifest.objects.data.sha256,
  ]);
  await expectFailure(
    world,
    target.url,
    { dump: String(world.result.manifest.dumpId) },
    {
      name: 'CorruptDump',
      says: ['manifest.json is not the manifest that was committed'],
      journalled: ['ECHEC'],
    },
  );
});

test('a dump that was deleted', async () => {
  await using world = await dumped();
  await using target = futureDatabase();
  await world.audit.server.sql(`update t38_dump_audit set statut = 'SUPPRIME'`);
  await expectFailure(world, target.url, {}, { name: 'InvalidInput', says: ['was deleted'] });
});

test('a dump whose term has come, also where its row is gone', async () => {
  await using world = await dumped({ expiresInDays: 1 });
  await using target = futureDatabase();
  const expired = { name: 'NotAllowed', says: ['expired on', 'to be deleted, not restored'] };
  await expectFailure(later(world), target.url, {}, expired);
  await world.audit.server.sql('delete from t38_dump_audit');
  await expectFailure(later(world), target.url, {}, expired);
  await restoreInto(world, target.url);
});

test('a row of before the journal', async () => {
  await using world = await dumped();
  await using target = futureDatabase();
  await world.audit.server.sql(
    `insert into t38_dump_audit (dump_id, type, chemin, statut) values (4711, 'SQL', 'old/dump.sql', 'ACTIF')`,
  );
  const refused = { name: 'InvalidInput', says: ['dump 4711 is older than its journal'] };
  await expectFailure(world, target.url, { dump: '4711' }, refused);
  await expectFailure(world, target.url, { dump: 'old/dump.sql' }, refused);
});

test('not refused: a dump that the journal and its manifest know, and T38 has lost', async () => {
  await using world = await dumped();
  const { prefix, manifest } = world.result;
  await world.audit.server.sql('delete from t38_dump_audit');
  for (const dump of [String(manifest.dumpId), `${prefix}${manifest.objects.data.key}`]) {
    await using target = futureDatabase();
    const { comparison } = await restoreInto(world, target.url, { dump, prove: true });
    expect(comparison).toMatchObject({ equal: true, level: 'content', tables: [{ found: { rows: 1000 } }] });
    expect(await dumpText(target.url)).toBe(await dumpText(world.source.url));
  }
});

test('a database that is not empty', async () => {
  await using world = await dumped();
  await using target = await testDatabase();
  await target.sql('create table mine (id int)');
  await expectFailure(
    world,
    target.url,
    {},
    {
      name: 'Conflict',
      says: ['is not empty: it holds table mine', '--into', '--in-place', '--clean'],
    },
  );
});

test('in place, without --clean, over tables that are there', async () => {
  await using world = await dumped();
  await using target = await testDatabase();
  await target.sql(`create table t (mine text)`);
  const says = ["has 1 of the dump's tables already: public.t", '--clean'];
  await expectFailure(world, target.url, { inPlace: true }, { name: 'Conflict', says });
});

test('in place, without --clean, over what is no table', async () => {
  await using world = await restoreWorld();
  await world.source.sql(`create type mood as enum ('good')`);
  await runDump(world.deps, { user });
  await using target = await testDatabase();
  await target.sql(`create type mood as enum ('mine')`);
  await expectFailure(
    world,
    target.url,
    { inPlace: true },
    {
      name: 'Conflict',
      says: ['type "mood" already exists', '--clean', '--into'],
      journalled: ['RESTAURE', 'ECHEC'],
    },
  );
});

test('in place, where there is no database', async () => {
  await using world = await dumped();
  await using target = futureDatabase();
  await expectFailure(
    world,
    target.url,
    { inPlace: true },
    {
      name: 'NotFound',
      says: ['there is no database', 'leave --in-place out'],
    },
  );
});

test('--clean without --in-place', async () => {
  await using world = await dumped();
  await using target = futureDatabase();
  await expectFailure(world, target.url, { clean: true }, { name: 'InvalidInput', says: ['it goes with --in-place'] });
});

test.for([
  ['--clean', { inPlace: true, clean: true }],
  ['--table', { tables: ['t'] }],
  ['--into-schema', { intoSchema: 'other' }],
] as const)('%s with a plain dump', async ([option, request]) => {
  await using world = await dumped({ format: 'plain' });
  await using target = await testDatabase();
  const says = ['is a plain one', `${option} needs a dump made with --format custom`];
  await expectFailure(world, target.url, request as never, { name: 'InvalidInput', says });
});

test('an archive of newer tools, in every mode', async () => {
  await using server = await startServer({ major: 18 });
  const { binDir } = await otherTools();
  await using world = await dumped({}, { sourceUrl: server.url(), binDir });
  const older = { ...world, deps: { ...world.deps, toolSearch: {} } };
  const says = ['made by the tools of PostgreSQL 18', 'is 15', 'Restore it into a server of 18 or newer'];
  await using absent = futureDatabase();
  await expectFailure(older, absent.url, {}, { name: 'ConfigError', says });
  await using empty = await testDatabase();
  await expectFailure(older, empty.url, {}, { name: 'ConfigError', says });
  await empty.sql('create table mine (id int)');
  await expectFailure(older, empty.url, { inPlace: true }, { name: 'ConfigError', says });
});

test('a server that is older than the source', async () => {
  await using server = await startServer({ major: 14 });
  await using world = await dumped();
  await expectFailure(
    world,
    server.url('copy'),
    {},
    {
      name: 'ConfigError',
      says: ['made by the tools of PostgreSQL 15', 'is 14'],
    },
  );
});

test('a server that is newer than the source: refused without its tools, and equal with them', async () => {
  await using server = await startServer({ major: 18 });
  const { binDir } = await otherTools();
  await using world = await dumped();
  const url = server.url('copy');
  await expectFailure(
    world,
    url,
    {},
    {
      name: 'ConfigError',
      says: ['the server is PostgreSQL 18, newer than the client tools here'],
    },
  );
  const newer = { ...world, deps: { ...world.deps, toolSearch: { binDir } } };
  const { comparison } = await restoreInto(newer, url, { prove: true });
  expect(comparison).toMatchObject({ equal: true, level: 'content', tables: [{ name: 'public.t' }] });
  expect(await ask(url, 'select * from t order by n')).toEqual(
    await ask(world.source.url, 'select * from t order by n'),
  );
});

/** A world whose dump names a role that is on the server no more. */
async function withoutRole(use: (role: string) => string): Promise<Dumped & { readonly role: string }> {
  const world = await restoreWorld();
  await world.source.sql(SOURCE);
  const role = `l'absente "${world.source.name}"`;
  const quoted = quoteIdentifier(role);
  await world.source.sql(`create role ${quoted}`);
  await world.source.sql(use(quoted));
  const result = await runDump(world.deps, { user });
  await world.source.sql(`reassign owned by ${quoted} to current_user`);
  await world.source.sql(`drop owned by ${quoted}`);
  await world.source.sql(`drop role ${quoted}`);
  return { ...world, result, role };
}

test.for([
  ['owns a table', (role: string) => `alter table t owner to ${role}`],
  ['holds a privilege', (role: string) => `grant select on t to ${role}`],
] as const)('a role that %s is missing: not refused without owners and privileges', async ([, use]) => {
  await using world = await withoutRole(use);
  await using target = futureDatabase();
  const says = [
    'lacks roles of the dump',
    `  create role ${quoteIdentifier(world.role)};`,
    '--no-owner --no-privileges',
  ];
  await expectFailure(world, target.url, {}, { name: 'ConfigError', says });
  const { comparison } = await restoreInto(world, target.url, { owners: false, privileges: false, prove: true });
  expect(comparison.equal).toBe(true);
});

test('a role that a policy names is missing, whatever is left out of owners and privileges', async () => {
  await using world = await withoutRole((role) => `create policy p on t to ${role} using (true)`);
  await using target = futureDatabase();
  const says = ['lacks roles of the dump', `  create role ${quoteIdentifier(world.role)};`];
  await expectFailure(world, target.url, {}, { name: 'ConfigError', says });
  await expectFailure(world, target.url, { owners: false, privileges: false }, { name: 'ConfigError', says });
});

test('a plain dump, run with the right to run programs', async () => {
  await using world = await dumped({ format: 'plain' });
  await using target = await testDatabase();
  await using role = await testRole(target);
  await target.sql(`grant pg_execute_server_program to ${role.name}`);
  for (const [url, name] of [
    [target.url, 'postgres'],
    [role.url, role.name],
  ] as const) {
    const says = [`role ${name} may run programs on the server`, 'create role restorer', '--format custom'];
    await expectFailure(world, url, {}, { name: 'NotAllowed', says });
  }
});

/** The client tools, which say that they are of another version. */
async function toolsThatSay(version: string) {
  const folder = await temporaryFolder();
  const [tools] = await listClientTools();
  for (const name of ['pg_dump', 'pg_restore', 'psql', 'pg_dumpall']) {
    const real = join(tools?.binDir ?? '', name);
    const script = `#!/bin/sh\n[ "$1" = --version ] && echo '${name} (PostgreSQL) ${version}' && exit\nexec '${real}' "$@"\n`;
    await writeFile(join(folder.path, name), script);
    await chmod(join(folder.path, name), 0o755);
  }
  return { binDir: folder.path, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

test('a psql that cannot be restricted, where one is needed', async () => {
  await using tools = await toolsThatSay('15.13');
  await using custom = await dumped();
  await using plain = await dumped({ format: 'plain' });
  const old = (world: Dumped) => ({ ...world, deps: { ...world.deps, toolSearch: tools } });
  await using absent = futureDatabase();
  await using empty = await testDatabase();
  const refused = { name: 'ConfigError', says: ['psql 15.13', 'knows no \\restrict', 'newest minor release'] };
  await expectFailure(old(plain), absent.url, {}, refused);
  await expectFailure(old(custom), empty.url, {}, refused);
  // Into a new database pg_restore needs no psql.
  await restoreInto(old(custom), absent.url, { prove: true });
});

test('a plain dump with large objects, into a database that is there: into a new one it works', async () => {
  await using home = await testDatabase();
  await using role = await testRole(home);
  await using source = await testDatabase();
  await home.sql(`alter role ${role.name} createdb`);
  await home.sql(`alter database ${source.name} owner to ${role.name}`);
  const sourceUrl = as(role.name, source.url);
  await ask(sourceUrl, `select lo_from_bytea(0, 'large')`);
  await using world = await dumped({ format: 'plain' }, { sourceUrl });
  await using empty = await testDatabase();
  await empty.sql(`alter database ${empty.name} owner to ${role.name}`);
  await expectFailure(
    world,
    as(role.name, empty.url),
    {},
    {
      name: 'InvalidInput',
      says: ['cannot be kept in one transaction', '--into'],
    },
  );
  await using absent = futureDatabase();
  const { comparison } = await restoreInto(world, as(role.name, absent.url), { prove: true });
  expect(comparison).toMatchObject({ equal: true, largeObjects: { found: { count: 1 } } });
});

test('too few locks for one transaction: into a new database it works', async () => {
  await using server = await startServer({
    settings: { max_locks_per_transaction: '10', max_connections: '10', max_wal_senders: '0' },
  });
  await using world = await restoreWorld();
  await world.source.sql(
    `do $$ begin for n in 1..600 loop execute format('create table t%s (id int primary key)', n); end loop; end $$`,
  );
  await runDump(world.deps, { user });
  await ask(server.url(), 'create database empty');
  await expectFailure(
    world,
    server.url('empty'),
    {},
    {
      name: 'ConfigError',
      says: ['has room for 100', 'max_locks_per_transaction', '--into'],
    },
  );
  const { comparison } = await restoreInto(world, server.url('copy'), { prove: true });
  expect(comparison.equal).toBe(true);
});

test('a proof that was never taken', async () => {
  await using world = await dumped({ proof: 'none' });
  await using target = futureDatabase();
  await expectFailure(
    world,
    target.url,
    { prove: true },
    {
      name: 'InvalidInput',
      says: ['made without a proof', 'nothing to compare with'],
    },
  );
  expect((await restoreInto(world, target.url)).comparison).toMatchObject({ equal: true, level: 'none' });
});

function as(role: string, databaseUrl: string): string {
  const url = new URL(databaseUrl);
  url.username = role;
  return url.href;
}
