import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { CLI, cliResult, datasens } from '@datasens/testkit/cli.ts';
import { testDatabase } from '@datasens/testkit/database.ts';
import { temporaryFolder } from '@datasens/testkit/temporary-folder.ts';
import { expect, test } from 'vitest';

async function analyst() {
  const database = await testDatabase();
  const folder = await temporaryFolder();
  const env = {
    DATABASE_URL: database.url,
    DATASENS_STORAGE: pathToFileURL(join(folder.path, 'bucket')).href,
    DATASENS_HOME: folder.path,
  };
  return {
    database,
    env,
    async file(content: string) {
      const path = join(folder.path, 'ventes.csv');
      await writeFile(path, content);
      return path;
    },
    run: (...args: readonly string[]) => datasens(['import', ...args], env),
    datasens: (...args: readonly string[]) => datasens(args, env),
    async [Symbol.asyncDispose]() {
      await database[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

test('import --json prints one document; the second time it names the first', async () => {
  await using world = await analyst();
  const path = await world.file('id;prix;nom\n1;1,5;"Zoë\nB"\n2;2,25;x\n');
  const first = await world.run(path, '--table', 'public.ventes', '--json');
  expect(first).toMatchObject({ code: 0 });
  expect(first.json).toEqual({
    importId: 1,
    dumpId: 1,
    table: `${world.database.name}.public.ventes`,
    rowsRead: 2,
    rowsInserted: 2,
    rowsUpdated: 0,
    rowsRejected: 0,
    rejectsUri: null,
    path: 'tolerant',
    pathBecause: expect.stringContaining('decimal comma'),
    created: true,
    columns: [
      { name: 'id', type: 'bigint', added: true },
      { name: 'prix', type: 'numeric', added: true },
      { name: 'nom', type: 'text', added: true },
    ],
    sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    importedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    rejects: [],
    warnings: [],
    durationMs: expect.any(Number),
  });
  expect(await world.database.sql('select prix::text, nom from ventes order by id')).toEqual([
    { prix: '1.5', nom: 'Zoë\nB' },
    { prix: '2.25', nom: 'x' },
  ]);

  const second = await world.run(path, '--table', 'ventes');
  expect(second.code).toBe(0);
  expect(second.stdout).toMatch(
    /^already imported as import 1 into .*\.public\.ventes by .*: 2 rows then, none now\n.*--force/,
  );
  expect(await world.database.sql('select count(*)::int as n from ventes')).toEqual([{ n: 2 }]);
});

test('rejects are exit status 3, too many are 1, a question is 2', async () => {
  await using world = await analyst();
  const path = await world.file('id,n\n1,a\n2\n3,c\n');
  const refused = await world.run(path, '--table', 't', '--json');
  expect(refused).toMatchObject({ code: 1, json: { error: { name: 'TooManyRejects', details: { count: 1 } } } });
  const done = await world.run(path, '--table', 't', '--max-rejects', '1');
  expect(done.code).toBe(3);
  expect(done.stdout).toMatch(/read +3 = 2 inserted \+ 0 updated \+ 1 rejected/);
  expect(done.stdout).toMatch(/rejects +file:.*\n +line 3: expected 2 fields, got 1/);

  const doubtful = await world.run(await world.file('red,green\nblue,white\n'), '--table', 'u');
  expect(doubtful).toMatchObject({ code: 2, stderr: expect.stringContaining('--header') });
  expect(await world.run(path)).toMatchObject({ code: 2 });
  expect(await world.datasens('verify', '2')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('is the import of file://'),
  });
});

test('into a protected table the shell imports nothing, and says what to do', async () => {
  await using world = await analyst();
  await world.database.sql('create schema gold; create table gold.ventes (id int, n text)');
  const path = await world.file('id,n\n1,a\n');
  expect(await world.run(path, '--table', 'gold.ventes')).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/"gold"\."ventes" is protected .*Start it as a workflow, which asks for one/s),
  });
  expect(await world.database.sql('select * from gold.ventes')).toEqual([]);
});

test('the rejects of an import are replayed, corrected, by its importId', async () => {
  await using world = await analyst();
  const first = await world.run(
    await world.file('id;prix\n1;1,5\n2\n'),
    '--table',
    't',
    '--max-rejects',
    '1',
    '--json',
  );
  expect(first).toMatchObject({ code: 3, json: { importId: 1, rowsRejected: 1 } });
  const corrected = await world.file('{"line":3,"raw":"2;2,5","reason":"expected 2 fields, got 1"}\n');
  const second = await world.run(corrected, '--rejects', '1');
  expect(second).toMatchObject({ code: 0, stdout: expect.stringMatching(/^import 2 into .*\.public\.t: 1 row\n/) });
  expect(await world.database.sql('select prix::text from t order by id')).toEqual([{ prix: '1.5' }, { prix: '2.5' }]);
  for (const [args, message] of [
    [['--rejects', '1', '--table', 't'], "'--rejects <id>' cannot be used with option '--table <name>'"],
    [['--rejects', '1', '--decimal', ','], "'--decimal <sign>'"],
    [['--rejects', 'x'], 'Expected the importId'],
    [['--table', 't'], '--rejects <id>'],
  ] as const) {
    expect(await world.run(...args)).toMatchObject({ code: 2, stderr: expect.stringContaining(message) });
  }
});

test('a terminal shows what is loaded', async () => {
  await using world = await analyst();
  const path = await world.file('id,n\n1,a\n');
  const command = `'${process.execPath}' '${CLI}' import '${path}' --table t`;
  const child = spawn('script', ['--quiet', '--return', '--flush', '--command', command, '/dev/null'], {
    env: { ...process.env, ...world.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const { code, stdout } = await cliResult(child);
  expect(stdout).toMatch(/loading {2}\d+ bytes of 9 bytes {2}\d+ rows/);
  expect(stdout).toContain('1 row, and the table made for it');
  expect(code).toBe(0);
});
