import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findClientTools, type ToolName, toolPath } from '@datasens/core/postgres/client-tools.ts';
import { libpqEnvironment, parseDatabaseUrl } from '@datasens/core/postgres/target.ts';
import { expect, test } from 'vitest';
import { ask } from '../ask.ts';
import { testAudit } from '../audit.ts';
import { type TestDatabase, testDatabase } from '../database.ts';
import { dumpText } from '../dump-text.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { troubleDatabase } from './trouble-database.ts';

const COMBINATIONS = [
  { superuser: true, largeObjects: true },
  { superuser: true, largeObjects: false },
  { superuser: false, largeObjects: true },
  { superuser: false, largeObjects: false },
];

test.for(COMBINATIONS)('survives pg_dump and pg_restore, to the letter: %o', async (options) => {
  await using source = await troubleDatabase(options);
  const counts = `select (select count(*) > 0 from pg_event_trigger), (select count(*) > 0 from pg_largeobject_metadata)`;
  expect(await ask(source.url, counts)).toEqual([[options.superuser, options.largeObjects]]);

  await using copy = await testDatabase();
  const as = (database: TestDatabase) => {
    const url = new URL(options.superuser ? source.url : source.ownerUrl);
    url.pathname = `/${database.name}`;
    return url.href;
  };
  if (!options.superuser) await source.sql(`alter database ${copy.name} owner to "${source.roles.owner}"`);
  await using folder = await temporaryFolder();
  const archive = join(folder.path, 'archive');
  const [[major]] = (await ask(source.url, 'show server_version_num')) as [[string]];
  const tools = await findClientTools(Math.trunc(Number(major) / 10_000), { binDir: process.env.PG_BIN_DIR });
  const run = async (database: TestDatabase, tool: ToolName, args: string[]) => {
    const env = libpqEnvironment(parseDatabaseUrl(as(database), 'trouble'), 'trouble test');
    await promisify(execFile)(toolPath(tools, tool), args, { env, cwd: '/' });
  };
  await run(source, 'pg_dump', ['--format=custom', `--file=${archive}`]);
  await run(copy, 'pg_restore', ['--exit-on-error', `--dbname=${copy.name}`, archive]);
  const [before, after] = [await dumpText(as(source)), await dumpText(as(copy))];
  // First by line: of two megabytes of text, the difference alone is to be shown.
  const lines = before.split('\n');
  expect(after.split('\n').filter((line, index) => line !== lines[index])).toEqual([]);
  expect(after).toBe(before);
});

test('its roles are gone afterwards, wherever they own something and if the test has dropped one', async () => {
  await using other = await testDatabase();
  let names: string[] = [];
  {
    await using source = await troubleDatabase({ superuser: false, largeObjects: false });
    names = Object.values(source.roles);
    await other.sql(`create schema left_behind authorization "${source.roles.owner}"`);
    await source.sql(`drop owned by "${source.roles.missing}"`);
    await source.sql(`drop role "${source.roles.missing}"`);
  }
  expect(await other.sql('select rolname from pg_roles where rolname = any($1)', [names])).toEqual([]);
});

test('a dump text shows a value in another column and a privilege, and leaves the audit out', async () => {
  await using db = await testAudit({
    before: `create table parent (b text, a text); create table child (c text) inherits (parent);
             insert into child values ('1', '2', '3')`,
  });
  const before = await dumpText(db.server.url);
  expect(before).toContain('\nCOPY public.child (a, b, c) FROM stdin;\n2\t1\t3\n');
  expect(before).not.toContain('t38_dump_audit');
  await db.server.sql(`update child set a = b, b = a`);
  expect(await dumpText(db.server.url)).toContain('\n1\t2\t3\n');
  await db.server.sql(`update child set a = b, b = a`);
  expect(await dumpText(db.server.url)).toBe(before);
  await db.server.sql(`grant select on child to public`);
  expect(await dumpText(db.server.url)).not.toBe(before);
  expect(await dumpText(db.server.url, { exclude: ['child'] })).not.toContain('child');
});
