import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { datasens } from '@datasens/testkit/cli.ts';
import { testDatabase } from '@datasens/testkit/database.ts';
import { testStore } from '@datasens/testkit/stores.ts';
import { temporaryFolder } from '@datasens/testkit/temporary-folder.ts';
import { expect, test } from 'vitest';

async function commandWorld() {
  const database = await testDatabase();
  const folder = await temporaryFolder();
  const storage = await testStore();
  const env = { DATABASE_URL: database.url, DATASENS_HOME: folder.path, ...storage.env };
  return {
    database,
    folder,
    storage,
    env,
    run: (...args: string[]) => datasens(args, env),
    async [Symbol.asyncDispose]() {
      await database[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
      await storage[Symbol.asyncDispose]();
    },
  };
}

test('nine dumps and one expire leave 7 ACTIF and 9 rows, and the journal is content', async () => {
  await using world = await commandWorld();
  const { database, run } = world;
  await database.sql('create table t as select generate_series(1, 10) as id');
  for (let n = 0; n < 9; n += 1) expect(await run('dump')).toMatchObject({ code: 0 });

  const dry = await run('expire', '--dry-run');
  expect(dry).toMatchObject({ code: 0, stderr: '' });
  const lines = dry.stdout.trimEnd().split('\n');
  expect(lines).toHaveLength(10);
  expect(lines[0]).toMatch(/^keep {6}9 {2}dumps\/.*\.dump {2}1 of the last 7, the newest of its lineage/);
  expect(lines[8]).toMatch(/^remove {4}1 {2}dumps\/.*\.dump {2}no longer kept by the rule default$/);
  expect(lines[9]).toBe('planned: keep 7, archive 0, remove 2, expire 0');

  const done = await run('expire', '--json');
  expect(done).toMatchObject({ code: 0, json: { actions: { keep: 7, remove: 2 }, warnings: [] } });
  const rows = await database.sql('select statut, count(*)::int as n from t38_dump_audit group by 1 order by 1');
  expect(rows).toEqual([
    { statut: 'ACTIF', n: 7 },
    { statut: 'SUPPRIME', n: 2 },
  ]);
  expect(await run('journal', 'verify')).toMatchObject({ code: 0 });
  expect(await run('verify', '3')).toMatchObject({ code: 0 });
  expect(await run('restore', '1', '--into', `${database.url}_copy`, '--json')).toMatchObject({
    code: 2,
    json: { error: { message: expect.stringMatching(/was deleted/) } },
  });
});

test('rules come from the home folder, holds keep, and what is wrong is said before anything is done', async () => {
  await using world = await commandWorld();
  const { run, folder } = world;
  await run('dump');
  await run('dump', '--personal');
  const file = join(folder.path, 'retention.json');
  await writeFile(file, JSON.stringify({ rules: [{ name: 'all', keepLast: 0, kepWithin: '3 weeks' }], extra: 1 }));
  const refused = await run('expire', '--json');
  expect(refused).toMatchObject({ code: 2, json: { error: { name: 'ConfigError' } } });
  for (const part of ['keepLast', 'kepWithin', 'extra', file]) expect(refused.json.error.message).toContain(part);

  await writeFile(file, JSON.stringify({ rules: [{ name: 'one', keepLast: 1 }] }));
  expect(await run('hold', '2', '--json')).toMatchObject({ code: 1, json: { error: { name: 'NotAllowed' } } });
  expect((await run('hold', '1')).stdout).toBe('dump 1 is held until it is released\n');
  const held = await run('expire', '--json');
  expect(held.json).toMatchObject({ actions: { keep: 2 }, dumps: [{ dumpId: 2 }, { reasons: [/held/] }] });
  expect((await run('hold', '1', '--release')).stdout).toBe('dump 1 rotates again\n');
  expect((await run('expire')).stdout).toContain('\ndone: keep 1, archive 0, remove 1, expire 0\n');
  expect(await run('hold', '1', '--until', '2026-02-30')).toMatchObject({ code: 2 });
});

/** Loaded into the command: its clock is a year ahead. */
const YEAR_AHEAD = `const Real = Date;
globalThis.Date = class extends Real {
  constructor(...args) { super(...(args.length > 0 ? args : [Real.now() + 31_536_000_000])); }
  static now() { return Real.now() + 31_536_000_000; }
};`;

test('on a machine whose clock is a year ahead, no term ends', async () => {
  await using world = await commandWorld();
  await world.run('dump', '--personal');
  const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(YEAR_AHEAD)}` };
  const refused = await datasens(['expire', '--json'], { ...world.env, ...env });
  expect(refused).toMatchObject({
    code: 2,
    json: { error: { name: 'ConfigError', message: expect.stringMatching(/set the clock/) } },
  });
  expect(await world.database.sql('select statut from t38_dump_audit')).toEqual([{ statut: 'ACTIF' }]);
});
