import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { runDump } from '@datasens/core/dump/run-dump.ts';
import { parseDatabaseUrl } from '@datasens/core/postgres/target.ts';
import { restoreTest } from '@datasens/core/restore/restore-test.ts';
import { type DumpWorld, dumpWorld } from '@datasens/testkit/dump-world.ts';
import { startServer } from '@datasens/testkit/server.ts';
import { temporaryFolder } from '@datasens/testkit/temporary-folder.ts';
import { troubleDatabase } from '@datasens/testkit/trouble/trouble-database.ts';
import { expect, test } from 'vitest';

const user = 'claire';
const run = promisify(execFile);

async function tested(world: DumpWorld, url: string) {
  const results = await restoreTest(world.deps, { scratch: parseDatabaseUrl(url, 'scratch'), user });
  return results.map(({ dumpId, comparison, error }) => [dumpId, comparison?.equal ?? (error as Error).name]);
}

test('a scratch server needs none of the roles; a plain dump it runs as an ordinary role only', async () => {
  await using trouble = await troubleDatabase();
  await using world = await dumpWorld({ sourceUrl: trouble.url });
  await using server = await startServer();
  await runDump(world.deps, { user });
  await runDump(world.deps, { user, purpose: 'scheduled', format: 'plain' });
  expect(await tested(world, server.url())).toEqual([
    [1, true],
    [2, 'NotAllowed'],
  ]);
});

test.runIf(process.getuid?.() === 0)('a scratch server without room is refused before it fills up', async () => {
  await using folder = await temporaryFolder();
  await run('mount', ['-t', 'tmpfs', '-o', 'size=200m,mode=755', 'tmpfs', folder.path]);
  const { TMPDIR } = process.env;
  try {
    process.env.TMPDIR = folder.path;
    await using server = await startServer();
    if (TMPDIR === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = TMPDIR;
    const { stdout } = await run('df', ['--output=avail', '-B1', folder.path]);
    await writeFile(join(folder.path, 'ballast'), Buffer.alloc(Number(stdout.split('\n')[1]) - 20_000_000));
    await using world = await dumpWorld();
    await world.source.sql(`create table t as select n, repeat('x', 60) as filler from generate_series(1, 300000) n`);
    await runDump(world.deps, { user });
    expect(await tested(world, server.url())).toEqual([[1, 'NoSpace']]);
  } finally {
    if (TMPDIR === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = TMPDIR;
    await run('umount', [folder.path]);
  }
});
