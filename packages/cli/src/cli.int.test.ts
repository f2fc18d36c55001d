import { spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { CLI, cliResult, datasens } from '@datasens/testkit/cli.ts';
import { type TestDatabase, testDatabase } from '@datasens/testkit/database.ts';
import { newcomer } from '@datasens/testkit/newcomer.ts';
import { describe, expect, test } from 'vitest';

const dumpRows = (database: TestDatabase) => database.sql('select dump_id from t38_dump_audit');

test('several sources are dumped by name', async () => {
  await using world = await newcomer();
  await using crm = await testDatabase();
  await crm.sql('create table clients as select 1 as id');
  const { json } = await datasens(['dump', '--json', '--source', 'crm'], {
    ...world.env,
    DATASENS_SOURCES: JSON.stringify({ crm: crm.url }),
  });
  expect(json).toMatchObject({ source: 'crm', database: { name: crm.name }, tables: [{ name: 'public.clients' }] });
  expect(json.key).toMatch(/^dumps\/SQL\/crm\//);
  // The audit stays where DATABASE_URL says.
  expect(await dumpRows(world.database)).toEqual([{ dump_id: json.dumpId }]);
});

test('a terminal shows bytes and tables as they are done', async () => {
  await using world = await newcomer();
  const command = `'${process.execPath}' '${CLI}' dump`;
  const child = spawn('script', ['--quiet', '--return', '--flush', '--command', command, '/dev/null'], {
    env: { ...process.env, ...world.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const { code, stdout } = await cliResult(child);
  expect(stdout).toMatch(/dumping +1 of 1 tables +\d/);
  expect(stdout).toContain('dump 1 of default is stored');
  expect(code).toBe(0);
});

test('audit pages, filters, and prints JSON', async () => {
  await using world = await newcomer();
  for (const tables of [[], ['--table', 't01_source'], []]) await datasens(['dump', ...tables], world.env);
  const page = await datasens(['audit', '--json', '--limit', '2'], world.env);
  expect(page.json.dumps.map(({ dumpId }: { dumpId: number }) => dumpId)).toEqual([3, 2]);
  const rest = await datasens(['audit', '--json', '--limit', '2', '--cursor', page.json.cursor], world.env);
  expect(rest.json).toMatchObject({ dumps: [{ dumpId: 1, status: 'ACTIF', user: expect.any(String) }], cursor: null });
  const one = await datasens(['audit', '--json', '--table', 'public.t01_source', '--since', '2020-01-01'], world.env);
  expect(one.json.dumps).toMatchObject([{ dumpId: 2 }]);
});

describe('exit status and errors', () => {
  test.for([
    [['dmup'], 2, /unknown command 'dmup'.*Did you mean dump/s],
    [['dump', '--format', 'tar'], 2, /argument 'tar' is invalid. Allowed choices are custom, plain/],
    [['dump', '--expires', '3 weeks'], 2, /Expected a number of days, such as 90d/],
    [['dump', '--expires', '2027-02-30'], 2, /Expected a day such as 2026-12-31/],
    [['dump', '--expires', '2020-12-31'], 2, /must be gone by 2020-12-31T00:00:00\.000Z is not made/],
    [['dump', '--table', 'nothing'], 1, /the source has no table nothing/],
    [['dump', '--table', 'a.b.c'], 2, /too many parts/],
    [['dump', '--source', 'crm'], 1, /there is no source "crm". Known sources: default/],
    [['verify', '12'], 1, /no dump 12/],
    [['audit', '--limit', '0'], 2, /limit/],
    [['audit', '--cursor', 'x'], 2, /cursor/],
  ] as const)('%j exits with %i', async ([args, status, message]) => {
    await using world = await newcomer();
    const { code, stdout, stderr } = await datasens(args, world.env);
    expect({ code, stdout }).toEqual({ code: status, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n +at /);
  });

  test('with --json the error is the document', async () => {
    await using world = await newcomer();
    const { code, json } = await datasens(
      ['dump', '--json', '--table', 'T01_SOURCE', '--table', '"T01_SOURCE"'],
      world.env,
    );
    expect(code).toBe(1);
    expect(json).toEqual({
      error: {
        name: 'NotFound',
        message: expect.stringContaining('Did you mean public.t01_source?'),
        details: { table: '"T01_SOURCE"', candidates: ['public.t01_source'] },
      },
    });
  });

  test('with --json wrong usage is a document, too', async () => {
    const { code, json } = await datasens(['dump', '--json', '--format', 'tar'], {});
    expect(code).toBe(2);
    expect(json).toEqual({ error: { name: 'InvalidInput', message: expect.stringContaining("'tar'"), details: {} } });
  });

  test('a wrong environment is refused whole, before anything is touched', async () => {
    const { code, stderr } = await datasens(['dump'], {
      DATABASE_URL: 'postgresql://a:s3cret@db',
      DATASENS_STORAGE: 'x',
    });
    expect(code).toBe(2);
    expect(stderr).toMatch(/DATABASE_URL: .*DATASENS_STORAGE: /s);
    expect(stderr).not.toContain('s3cret');
  });
});

test('help shows every verb, and each verb explains itself', async () => {
  const { stdout } = await datasens(['--help'], {});
  for (const verb of [
    'dump',
    'verify',
    'restore',
    'restore-test',
    'audit',
    'journal',
    'migrate',
    'doctor',
    'embedded',
  ]) {
    expect(stdout).toMatch(new RegExp(`^  ${verb} `, 'm'));
    expect((await datasens([verb, '--help'], {})).stdout).toContain(`Usage: datasens ${verb}`);
  }
});

test('a full disk is NoSpace: no artefact, no row', async () => {
  await using world = await newcomer();
  await world.database.sql(
    'create table much as select gen_random_uuid() as a, gen_random_uuid() as b from generate_series(1, 200000)',
  );
  const disk = join(world.folder, 'disk');
  await mkdir(disk);
  // A disk of 2 MB, in a mount namespace that ends with the process; only root needs no user namespace for it.
  const namespace = process.getuid?.() === 0 ? '-m' : '-Urm';
  const script =
    'mount -t tmpfs -o size=2m tmpfs "$1" && "$2" "$3" dump --json; find "$1/dumps" -type f -printf "found %p\\n" >&2';
  const child = spawn('unshare', [namespace, 'sh', '-c', script, 'sh', disk, process.execPath, CLI], {
    env: { ...process.env, ...world.env, DATASENS_STORAGE: pathToFileURL(disk).href },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const { json, stderr } = await cliResult(child);
  expect(json).toMatchObject({ error: { name: 'NoSpace', message: expect.stringContaining('free space') } });
  expect(stderr).not.toContain('found');
  expect(await dumpRows(world.database)).toEqual([]);
});

test('doctor names what is not well, each with its remedy', async () => {
  await using world = await newcomer();
  await mkdir(join(world.folder, 'no-tools'));
  const { code, stdout } = await datasens(['doctor'], {
    ...world.env,
    DATASENS_SOURCES: '{"crm": "postgresql://claire:s3cret@127.0.0.1:1/crm"}',
    DATASENS_STORAGE: pathToFileURL(CLI).href,
    PG_BIN_DIR: join(world.folder, 'no-tools'),
  });
  expect(code).toBe(1);
  expect(stdout).toMatch(/^FAIL +client tools +none found: install postgresql-client, or set PG_BIN_DIR/m);
  expect(stdout).toMatch(/^FAIL +storage +.*main\.ts/m);
  expect(stdout).toMatch(/^FAIL +source default +.*Point PG_BIN_DIR at the tools of PostgreSQL/m);
  expect(stdout).toMatch(/^FAIL +source crm +cannot reach PostgreSQL at 127\.0\.0\.1:1\/crm/m);
  expect(stdout).not.toContain('s3cret');
});
