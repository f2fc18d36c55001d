import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { datasens } from '@datasens/testkit/cli.ts';
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
