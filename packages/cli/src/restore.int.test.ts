import { userInfo } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { decideApproval } from '@datasens/core/approval/decide-approval.ts';
import { requestApproval } from '@datasens/core/approval/request-approval.ts';
import { runDump } from '@datasens/core/dump/run-dump.ts';
import { parseDatabaseUrl } from '@datasens/core/postgres/target.ts';
import { planRestore } from '@datasens/core/restore/plan-restore.ts';
import { wantApproval } from '@datasens/core/restore/want-approval.ts';
import { ask } from '@datasens/testkit/ask.ts';
import { datasens } from '@datasens/testkit/cli.ts';
import { futureDatabase, testDatabase } from '@datasens/testkit/database.ts';
import { dumpWorld } from '@datasens/testkit/dump-world.ts';
import { startServer } from '@datasens/testkit/server.ts';
import { temporaryFolder } from '@datasens/testkit/temporary-folder.ts';
import { wrapTools } from '@datasens/testkit/wrapped-tools.ts';
import { expect, test } from 'vitest';

/** A user with a database of one table, dumped. */
async function dumped() {
  const database = await testDatabase();
  const folder = await temporaryFolder();
  await database.sql(`create table t01_source as select n as id, 'été' as nom from generate_series(1, 3) n`);
  const env = {
    DATABASE_URL: database.url,
    DATASENS_STORAGE: pathToFileURL(join(folder.path, 'bucket')).href,
    DATASENS_HOME: folder.path,
  };
  await datasens(['dump'], env);
  return {
    database,
    env,
    async [Symbol.asyncDispose]() {
      await database[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

test('restore --into URL --prove --json prints the comparison per table', async () => {
  await using world = await dumped();
  await using target = futureDatabase();
  const { code, json, stderr } = await datasens(['restore', '1', '--into', target.url, '--prove', '--json'], world.env);
  expect(stderr).toBe('');
  expect(code).toBe(0);
  const hash = expect.stringMatching(/^-?\d+$/);
  expect(json).toMatchObject({
    dumpId: 1,
    target: expect.stringContaining(target.name),
    mode: 'create',
    proven: true,
    equal: true,
    tables: [{ name: 'public.t01_source', expected: { rows: 3, hash }, found: { rows: 3, hash }, equal: true }],
    warnings: [],
  });
  expect(json.tables[0].found).toEqual(json.tables[0].expected);
  expect(await target.sql('select count(*)::int as n from t01_source')).toEqual([{ n: 3 }]);
});

test('into a database that is not empty it refuses, says what to do, and changes nothing', async () => {
  await using world = await dumped();
  await using target = await testDatabase();
  await target.sql('create table precious as select 1 as id');
  const refusal = await datasens(['restore', '1', '--into', target.url, '--prove', '--json'], world.env);
  expect(refusal.code).toBe(1);
  expect(refusal.json.error).toMatchObject({
    name: 'Conflict',
    message: expect.stringMatching(/is not empty: it holds table precious.*--in-place, and --clean/s),
  });
  const tables = `select tablename from pg_tables where schemaname = 'public'`;
  expect(await target.sql(tables)).toEqual([{ tablename: 'precious' }]);
});

test('a person sees what is equal; and without --into the dumped database is the target', async () => {
  await using world = await dumped();
  await world.database.sql(`delete from t01_source where id = 2`);
  expect((await datasens(['restore', '1', '--in-place'], world.env)).stderr).toMatch(/already: public\.t01_source/);
  const { stdout, code } = await datasens(['restore', '1', '--in-place', '--clean', '--prove'], world.env);
  expect(stdout).toMatch(
    /^public\.t01_source +3 +3 +(-?\d+) +\1 {2}equal\ndump 1 is restored into \S+ \(in place\) in /m,
  );
  expect(code).toBe(0);
  expect(await world.database.sql('select count(*)::int as n from t01_source')).toEqual([{ n: 3 }]);
});

test('what differs from its proof is shown, exits 1 and is not kept', async () => {
  await using world = await dumped();
  await using target = futureDatabase();
  const change = `update t01_source set nom = 'autre' where id = 2`;
  await using tools = await wrapTools({
    pg_restore: `case "$*" in
      *--dbname=*) "$real" "$@" && exec "$(dirname "$real")/psql" --no-psqlrc --quiet --command="${change}" ;;
      *) exec "$real" "$@" ;; esac`,
  });
  const env = { ...world.env, PG_BIN_DIR: tools.binDir };
  const { stdout, stderr, code } = await datasens(
    ['restore', '1', '--into', target.url, '--prove', '--jobs', '2'],
    env,
  );
  expect(code).toBe(1);
  expect(stdout).toMatch(/^public\.t01_source +3 +3 +-?\d+ +-?\d+ {2}DIFFERENT$/m);
  expect(stderr).toContain('differs from its proof in 1 of its objects: public.t01_source. Nothing was kept');
  await expect(target.sql('select 1')).rejects.toThrow('does not exist');
});

test('restore-test says of each newest dump whether it is proven, and doctor what killed restores left', async () => {
  await using world = await dumped();
  // A server of its own: others would find what is left there, too.
  await using server = await startServer();
  const env = { ...world.env, DATASENS_SCRATCH_URL: server.url() };
  expect((await datasens(['restore-test'], env)).stdout).toMatch(
    /^dump 1 of dumps\/SQL\/default\/manual is proven: 1 tables, 3 rows, /,
  );
  await ask(server.url(), 'create database datasens_restore_1_00c0ffee');
  const { json } = await datasens(['doctor', '--json'], {
    ...env,
    DATASENS_SOURCES: JSON.stringify({ other: server.url() }),
  });
  const finding = json.findings.find(({ part }: { part: string }) => part === 'restores on other');
  const detail = expect.stringMatching(/datasens reconcile drops: datasens_restore_1_00c0ffee$/);
  expect(finding).toMatchObject({ ok: false, detail });
});

test('over a protected table it is exit status 1 without the approval of another person, who is not the one that asks', async () => {
  await using world = await dumpWorld();
  await using target = await testDatabase();
  const gold = 'create schema gold; create table gold.sales as select 1 as id';
  await world.source.sql(gold);
  await target.sql(`${gold}; insert into gold.sales values (2)`);
  const { dumpId } = (await runDump(world.deps, { user: 'claire' })).manifest;
  const user = userInfo().username;
  const run = (...more: string[]) =>
    datasens(['restore', String(dumpId), '--into', 'warehouse', '--in-place', '--clean', ...more], {
      DATABASE_URL: world.source.url,
      AUDIT_DATABASE_URL: world.audit.server.url,
      DATASENS_SOURCES: JSON.stringify({ warehouse: target.url }),
      ...world.audit.storage.env,
    });
  expect(await run()).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/"gold"\."sales" is protected .*needs the approval of another person/s),
  });
  const deps = { ...world.deps, sources: new Map([['warehouse', parseDatabaseUrl(target.url, 'target')]]) };
  const request = { dump: String(dumpId), into: 'warehouse', inPlace: true, clean: true, user };
  const wanted = (await wantApproval(deps, await planRestore(deps, request))) ?? expect.unreachable();
  const { approval } = await requestApproval(world.audit, { ...wanted, user, expiresInMs: 3_600_000 });
  const { approvalId } = approval;
  expect(await run('--approval', String(approvalId))).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/nobody has decided on it/),
  });
  expect(await target.sql('select id from gold.sales order by id')).toEqual([{ id: 1 }, { id: 2 }]);
  await decideApproval(world.audit, { approvalId, decision: 'approved', user: `not ${user}` });
  expect(await run('--approval', String(approvalId))).toMatchObject({ code: 0, stderr: '' });
  expect(await target.sql('select id from gold.sales')).toEqual([{ id: 1 }]);
  expect(await run('--approval', String(approvalId))).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/counts once/),
  });
});
