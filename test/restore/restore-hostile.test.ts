import { chmod, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type DumpResult, runDump } from '@datasens/core/dump/run-dump.ts';
import { ask } from '@datasens/testkit/ask.ts';
import { datasens } from '@datasens/testkit/cli.ts';
import { futureDatabase, testDatabase } from '@datasens/testkit/database.ts';
import { dumpText } from '@datasens/testkit/dump-text.ts';
import type { DumpWorld } from '@datasens/testkit/dump-world.ts';
import { expectFailure, restoreInto, restoreWorld } from '@datasens/testkit/restore-world.ts';
import { testRole } from '@datasens/testkit/role.ts';
import { temporaryFolder } from '@datasens/testkit/temporary-folder.ts';
import { wrapTools } from '@datasens/testkit/wrapped-tools.ts';
import { expect, test } from 'vitest';

/** A plain dump that somebody wrote lines into, and where to restore it. */
interface Hostile extends AsyncDisposable {
  readonly world: DumpWorld & { readonly result: DumpResult };
  readonly sourceUrl: string;
  /** Databases as a role that may create databases and nothing else: one that is not there, one that is empty. */
  readonly absent: string;
  readonly empty: string;
  /** The files that were made where everybody may make some. */
  traces(): Promise<string[]>;
}

/** A plain dump of a table of one row, with `lines` before its trailer. */
async function hostileDump(lines: (paths: Paths) => readonly string[]): Promise<Hostile> {
  await using made = new AsyncDisposableStack();
  const [folder, outside] = [made.use(await temporaryFolder()), made.use(await temporaryFolder())];
  await chmod(outside.path, 0o777);
  const home = made.use(await testDatabase());
  const role = made.use(await testRole(home));
  await home.sql(`alter role ${role.name} createdb`);
  const source = made.use(await testDatabase());
  const target = made.use(await testDatabase());
  for (const { name } of [source, target]) await home.sql(`alter database ${name} owner to ${role.name}`);
  const [sourceUrl, empty, absent] = [source, target, made.use(futureDatabase())].map(({ url }) => as(role.name, url));

  const [script, hostile] = [join(folder.path, 'script.sql'), join(folder.path, 'hostile.sql')];
  await writeFile(script, 'create table from_a_file ();\n');
  await writeFile(
    hostile,
    lines({ trace: join(outside.path, 'trace'), script })
      .map((line) => `${line}\n`)
      .join(''),
  );
  // Whoever writes the file knows the key in its header.
  const awk = `/^.restrict / { key = $2 }
    /^-- PostgreSQL database dump complete/ { while ((getline line < "${hostile}") > 0) { gsub("@KEY@", key, line); print line } }
    { print }`;
  const tools = made.use(
    await wrapTools({ pg_dump: `"$real" "$@" >'${folder.path}/out' && awk '${awk}' '${folder.path}/out'` }),
  );
  const world = made.use(await restoreWorld({ sourceUrl: sourceUrl ?? '', binDir: tools.binDir }));
  await ask(sourceUrl ?? '', `create table t as select 1 as id, 'one' as name`);
  const result = await runDump(world.deps, { user: 'claire', format: 'plain' });
  const all = made.move();
  return {
    world: { ...world, result },
    sourceUrl: sourceUrl ?? '',
    absent: absent ?? '',
    empty: empty ?? '',
    traces: () => readdir(outside.path),
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

const COMMANDS_ARE_RESTRICTED = 'backslash commands are restricted';
type Paths = { readonly trace: string; readonly script: string };

// Where psql gets to run it, into a database that nobody knows yet, it is restricted; else it is refused beforehand.
test.for<readonly [string, (paths: Paths) => readonly string[], string?]>([
  ['a command of the shell', ({ trace }) => [`\\! touch ${trace}`]],
  ['a command in the middle of a statement', ({ trace }) => [`select 1 \\! touch ${trace}`, ';']],
  ['output to a program', ({ trace }) => [`select 1 \\g |touch ${trace}`, 'select 2;']],
  ['output to a file', ({ trace }) => [`\\o ${trace}`, 'select 1;']],
  ['rows to a program', ({ trace }) => [`\\copy t to program 'touch ${trace}'`]],
  ['rows to a file', ({ trace }) => [`\\copy t to '${trace}'`]],
  ['the output of a command', ({ trace }) => [`\\set x \`touch ${trace}\``]],
  ['another script', ({ script }) => [`\\i ${script}`]],
  ['another database', () => ['\\connect postgres', 'create table t ();']],
  ['the key of the file', ({ trace }) => ['\\unrestrict @KEY@', `\\! touch ${trace}`], '\\unrestrict: wrong key'],
  ['a key of its own', ({ trace }) => ['\\restrict me', '\\unrestrict me', `\\! touch ${trace}`]],
  [
    'a carriage return before a key of its own',
    ({ trace }) => ['select 1;\r\\restrict me', '\\unrestrict me', `\\! touch ${trace}`],
  ],
  [
    'a command behind rows that end in carriage returns',
    ({ trace }) => ['COPY public.t (id, name) FROM stdin;', '2\ttwo\r', '\\.\r', `\\! touch ${trace}`, '\\.'],
  ],
])('%s in a plain dump is refused, and nothing is run', async ([_title, lines, says = COMMANDS_ARE_RESTRICTED]) => {
  await using hostile = await hostileDump(lines);
  const run = { name: 'ToolFailed', says: [says], journalled: ['RESTAURE', 'ECHEC'] };
  await expectFailure(hostile.world, hostile.absent, {}, run);
  await expectFailure(hostile.world, hostile.empty, {}, { name: 'InvalidInput', says: ['line ', 'psql command'] });
  expect(await hostile.traces()).toEqual([]);
});

test.for<readonly [string, (paths: Paths) => string]>([
  ['a program on the server', ({ trace }) => `COPY t (name) FROM PROGRAM 'touch ${trace}';`],
  ['a program in a block', ({ trace }) => `do $$ begin execute $c$copy t to program 'touch ${trace}'$c$; end $$;`],
  ['a file on the server', ({ trace }) => `COPY t TO '${trace}';`],
])('%s in a plain dump is refused by the server', async ([_title, line]) => {
  await using hostile = await hostileDump((paths) => [line(paths)]);
  for (const url of [hostile.absent, hostile.empty]) {
    const denied = { name: 'NotAllowed', says: ['_server_', 'COPY to '], journalled: ['RESTAURE', 'ECHEC'] };
    await expectFailure(hostile.world, url, {}, denied);
  }
  expect(await hostile.traces()).toEqual([]);
});

test('rows that look like commands are rows', async () => {
  const rows = (trace: string) => ['2\ttwo\\r\\\\restrict me', `3\t\\\\! touch ${trace}`, '4\tx\\r'];
  await using hostile = await hostileDump(({ trace }) => [
    'COPY public.t (id, name) FROM stdin;',
    ...rows(trace),
    '\\.',
    'DELETE FROM public.t WHERE id > 1;',
  ]);
  await restoreInto(hostile.world, hostile.empty, { prove: true });
  expect(await dumpText(hostile.empty)).toBe(await dumpText(hostile.sourceUrl));
  expect(await hostile.traces()).toEqual([]);
});

test.for([
  ['COMMIT;'],
  ['commit and chain;'],
  ['/* */ end ;'],
  ['ROLLBACK; CREATE TABLE public.kept ();'],
  ['savepoint s;'],
])('a dump that would end its transaction (%s) is refused where there is a database', async ([line = '']) => {
  await using hostile = await hostileDump(() => [line]);
  const says = ['line', 'cannot be kept in one transaction', '--into'];
  await expectFailure(hostile.world, hostile.empty, {}, { name: 'InvalidInput', says });
  await ask(hostile.empty, 'create table mine (id int)');
  await expectFailure(hostile.world, hostile.empty, { inPlace: true }, { name: 'InvalidInput', says });
});

test('a dump with transactions of its own may become a new database', async () => {
  await using hostile = await hostileDump(() => ['BEGIN;', 'COMMENT ON TABLE public.t IS NULL;', 'COMMIT;']);
  const { comparison } = await restoreInto(hostile.world, hostile.absent, { prove: true });
  expect(comparison.equal).toBe(true);
  expect(await dumpText(hostile.absent)).toBe(await dumpText(hostile.sourceUrl));
});

test('a transaction command within a function is none of the dump’s', async () => {
  await using hostile = await hostileDump(() => [
    'CREATE PROCEDURE public.p() LANGUAGE plpgsql AS $$ begin commit; end $$;',
    `CREATE FUNCTION public.f() RETURNS text LANGUAGE sql AS 'select ''; commit; ''';`,
    'DROP PROCEDURE public.p();',
    'DROP FUNCTION public.f();',
  ]);
  for (const url of [hostile.absent, hostile.empty]) {
    expect((await restoreInto(hostile.world, url, { prove: true })).comparison.equal).toBe(true);
    expect(await dumpText(url)).toBe(await dumpText(hostile.sourceUrl));
  }
});

test.for([
  ['a string', [`select 'abc`], 'it ends inside a string'],
  ['a quoted name', ['select "abc'], 'it ends inside a quoted name'],
  ['a dollar-quoted string', ['select $x$ abc'], 'it ends inside a dollar-quoted string'],
  ['a comment', ['/* abc'], 'it ends inside a block comment'],
  ['rows', ['COPY public.t (id, name) FROM stdin;', '2\ttwo'], 'it ends among the rows of a COPY'],
] as const)('a dump that ends within %s is a damaged one', async ([_what, lines, says]) => {
  await using hostile = await hostileDump(() => lines);
  for (const url of [hostile.absent, hostile.empty]) {
    await expectFailure(hostile.world, url, {}, { name: 'CorruptDump', says: [says], journalled: ['ECHEC'] });
  }
});

test.for([
  ['another row', `INSERT INTO public.t VALUES (2, 'two');`, {}],
  ['a row less', 'DELETE FROM public.t;', {}],
  ['another value', `UPDATE public.t SET name = 'two';`, { prove: true }],
] as const)('a script that leaves %s than the proof says is not kept', async ([_what, line, request]) => {
  await using hostile = await hostileDump(() => [line]);
  for (const url of [hostile.absent, hostile.empty]) {
    const says = ['differs from its proof', 'public.t', 'Nothing was kept'];
    await expectFailure(hostile.world, url, request, { name: 'ProofFailed', says, journalled: ['RESTAURE', 'ECHEC'] });
  }
});

test('a script that would find its tables there already is refused, with the way out', async () => {
  await using hostile = await hostileDump(() => ['CREATE VIEW public.v AS SELECT 1 AS n;', 'DROP VIEW public.v;']);
  const remedy = 'a database that does not exist yet (--into)';
  await ask(hostile.empty, 'create view v as select 2 as n');
  await expectFailure(
    hostile.world,
    hostile.empty,
    { inPlace: true },
    {
      name: 'Conflict',
      says: ['relation "v" already exists', remedy],
      journalled: ['RESTAURE', 'ECHEC'],
    },
  );
  await ask(hostile.empty, 'create table t (mine text)');
  await expectFailure(
    hostile.world,
    hostile.empty,
    { inPlace: true },
    {
      name: 'Conflict',
      says: ["has 1 of the dump's tables already: public.t", remedy],
    },
  );
});

test('names that would steer a terminal are shown, not obeyed', async () => {
  await using world = await restoreWorld();
  await using target = futureDatabase();
  const name = '"\u001b]0;owned\u0007\u009b31m"';
  await world.source.sql(`create table ${name} (id int primary key);
    create table t (id int constraint ${name} references ${name})`);
  const { manifest } = await runDump(world.deps, { user: 'claire' });
  const env = {
    DATABASE_URL: world.source.url,
    AUDIT_DATABASE_URL: world.audit.server.url,
    ...world.audit.storage.env,
  };
  const restore = ['restore', String(manifest.dumpId)];
  const refused = await datasens(restore, env);
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('is not empty: it holds table') });
  const warned = await datasens([...restore, '--into', target.url, '--table', 't'], env);
  expect(warned).toMatchObject({ code: 0, stdout: expect.stringContaining('left out, for its table is not restored') });
  for (const shown of [refused.stderr, warned.stdout]) {
    expect(shown).toContain('\\u001b]0;owned\\u0007\\u{9b}31m');
    expect(shown).not.toMatch(/(?!\n)\p{Cc}/u);
  }
});

function as(role: string, databaseUrl: string): string {
  const url = new URL(databaseUrl);
  url.username = role;
  return url.href;
}
