import { mkdir, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ask } from '@datasens/testkit/ask.ts';
import { datasens } from '@datasens/testkit/cli.ts';
import { startServer } from '@datasens/testkit/server.ts';
import { temporaryFolder } from '@datasens/testkit/temporary-folder.ts';
import { expect, test } from 'vitest';

test('reconcile tells in short lines or in one document, and its status says whether a person must look', async () => {
  // A server of its own: on a shared one it would find what other tests' restores have left.
  await using server = await startServer();
  await using folder = await temporaryFolder();
  const storage = join(folder.path, 'bucket');
  const env = {
    DATABASE_URL: server.url(),
    DATASENS_HOME: join(folder.path, 'home'),
    DATASENS_STORAGE: `file://${storage}`,
  };
  const run = (...args: string[]) => datasens(['reconcile', ...args], env);
  expect(await datasens(['dump'], env)).toMatchObject({ code: 0 });
  const nothing = { code: 0, stdout: 'nothing was left, and nothing differs\n', stderr: '' };
  expect(await run()).toMatchObject(nothing);

  // A dump that was killed long ago, and a restore.
  const [[id] = []] = await ask(server.url(), `select nextval(pg_get_serial_sequence('t38_dump_audit', 'dump_id'))`);
  const lineage = join(storage, 'dumps/SQL/default/manual');
  const dead = `20200101T000000Z-${id}`;
  await mkdir(join(lineage, dead));
  await writeFile(join(lineage, dead, 'data.0f.dump'), 'bytes');
  await utimes(join(lineage, dead, 'data.0f.dump'), new Date(0), new Date(0));
  await ask(server.url(), 'create database datasens_restore_1_00c0ffee');
  const dry = await run('--dry-run');
  expect(dry).toMatchObject({ code: 0 });
  const [bytes, database, summary, ...rest] = dry.stdout.trimEnd().split('\n');
  expect(bytes).toBe(
    `remove      dumps/SQL/default/manual/${dead}/  bytes without a manifest, since 2020-01-01T00:00:00.000Z`,
  );
  expect(database).toMatch(/^drop {8}datasens_restore_1_00c0ffee at .* {2}temporary database$/);
  expect([summary, ...rest]).toEqual(['2 to mend']);
  expect(await readdir(lineage)).toContain(dead);
  expect((await run()).stdout).toMatch(/^removed .*\ndropped .*\n2 mended\n$/);
  expect(await run()).toMatchObject(nothing);

  const [whole = ''] = (await readdir(lineage)).filter((name) => name.endsWith('-1'));
  const [data = ''] = (await readdir(join(lineage, whole))).filter((name) => name.startsWith('data.'));
  await rm(join(lineage, whole, data));
  expect(await run()).toMatchObject({
    code: 1,
    stdout: expect.stringMatching(/^LOOK .*data\.\w+\.dump {2}dump without its bytes, since .*missing\n1 for a person/),
  });
  const { code, json } = await run('--json');
  expect(code).toBe(1);
  expect(json).toMatchObject({
    dryRun: false,
    kinds: { row: { count: 1, first: [{ dumpId: 1, outcome: 'look' }] }, bytes: { count: 0, first: [] } },
    outcomes: { planned: 0, mended: 0, waits: 0, look: 1, locked: 0, failed: 0 },
    warnings: [],
  });
});
