import { createHash } from 'node:crypto';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { cliResult, datasens, spawnDatasens } from '@datasens/testkit/cli.ts';
import { futureDatabase } from '@datasens/testkit/database.ts';
import { inTime, until } from '@datasens/testkit/eventually.ts';
import { type Newcomer, newcomer } from '@datasens/testkit/newcomer.ts';
import { wrapTools } from '@datasens/testkit/wrapped-tools.ts';
import { expect, test } from 'vitest';

test('dump --json prints one document: what was stored, where, and the proof', async () => {
  await using world = await newcomer();
  const { code, json } = await datasens(['dump', '--json', '--comment', 'pour voir'], world.env);
  expect(code).toBe(0);
  expect(json).toMatchObject({
    dumpId: 1,
    key: expect.stringMatching(/^dumps\/SQL\/default\/manual\/\d{8}T\d{6}Z-1\/data\.\w+\.dump$/),
    tables: [{ name: 'public.t01_source', rows: 3, hash: expect.stringMatching(/^-?\d+$/) }],
    rows: 3,
    comment: 'pour voir',
    warnings: [],
  });
  expect(json.uri).toBe(`${world.env.DATASENS_STORAGE}/${json.key}`);
  const bytes = await world.storage.outside.read(json.key);
  expect(json).toMatchObject({ sizeBytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') });
});

test('a person reads dump, audit, verify and journal', async () => {
  await using world = await newcomer();
  const dump = await datasens(['dump', '--personal', '--comment', 'avant\nla migration'], world.env);
  expect(dump.stdout).toMatch(
    /^dump 1 of default is stored, read back and registered\n.*1 tables, 3 rows, content hashed.*expires 2/s,
  );
  expect((await datasens(['audit'], world.env)).stdout).toMatch(
    /^id +type +status.*\n 1 +SQL +ACTIF .*avant\\nla migration\n$/,
  );
  expect((await datasens(['verify', '1'], world.env)).stdout).toMatch(/^dump 1 is intact: 3 objects, .* read back\n$/);
  expect((await datasens(['journal', 'verify'], world.env)).stdout).toBe('the journal is intact: 3 events\n');
});

test('a dump is known by its URI, to verify and to restore', async () => {
  await using world = await newcomer();
  await using target = futureDatabase();
  const { uri } = (await datasens(['dump', '--json'], world.env)).json;
  expect((await datasens(['verify', uri], world.env)).code).toBe(0);
  const { code, json } = await datasens(['restore', uri, '--into', target.url, '--prove', '--json'], world.env);
  expect(json).toMatchObject({ dumpId: 1, proven: true, equal: true });
  expect(code).toBe(0);
});

test('Ctrl-C ends pg_dump and leaves nothing', async () => {
  await using world = await newcomer();
  const started = join(world.folder, 'started');
  await using tools = await wrapTools({ pg_dump: `touch '${started}'; exec sleep 600` });
  const child = spawnDatasens(['dump'], { ...world.env, PG_BIN_DIR: tools.binDir });
  // A command that does not end must not outlive its test.
  await using _ = { [Symbol.asyncDispose]: async () => void child.kill('SIGKILL') };
  const result = cliResult(child);
  await until(() =>
    access(started).then(
      () => true,
      () => false,
    ),
  );
  child.kill('SIGINT');
  expect(await inTime(result)).toMatchObject({ code: 1, stderr: expect.stringContaining('interrupted by SIGINT') });
  expect((await world.storage.store.list('dumps/')).blobs).toEqual([]);
  expect(await world.database.sql('select dump_id from t38_dump_audit')).toEqual([]);
});

test('doctor finds every part well, and leaves nothing', async () => {
  await using world = await newcomer();
  const { code, json } = await datasens(['doctor', '--json'], world.env);
  expect(json.findings.map(({ part, ok }: { part: string; ok: boolean }) => [part, ok])).toEqual([
    ['node', true],
    ['client tools', true],
    ['storage', true],
    ['encryption', true],
    ['notifications', true],
    ['source default', true],
    ['restores on default', true],
    ['audit', true],
  ]);
  expect(code).toBe(0);
  expect((await world.storage.store.list('')).blobs).toEqual([]);
  expect(await tablesOf(world)).not.toContain('t38_dump_audit');
});

async function tablesOf({ database }: Newcomer): Promise<string[]> {
  return (await database.sql<{ name: string }>('select tablename as name from pg_tables')).map(({ name }) => name);
}
