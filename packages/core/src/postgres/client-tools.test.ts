import { access, mkdir, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setEnvironment } from '@datasens/testkit/set-environment.ts';
import { temporaryFolder } from '@datasens/testkit/temporary-folder.ts';
import { expect, test } from 'vitest';
import { findClientTools, listClientTools } from './client-tools.ts';

const NAMES = ['pg_dump', 'pg_restore', 'psql', 'pg_dumpall'];

async function installed(binDir: string, version: string): Promise<void> {
  await mkdir(binDir, { recursive: true });
  for (const name of NAMES) {
    await writeFile(join(binDir, 'new'), `#!/bin/sh\necho "${name} (PostgreSQL) ${version}"\n`, { mode: 0o755 });
    await rename(join(binDir, 'new'), join(binDir, name));
  }
}

test('tools that are replaced are seen to be others', async () => {
  await using folder = await temporaryFolder();
  const binDir = folder.path;
  await installed(binDir, '15.18');
  expect((await findClientTools(15, { binDir })).version).toBe('15.18');
  await installed(binDir, '15.19');
  expect((await findClientTools(15, { binDir })).version).toBe('15.19');
});

test('behind a wrapper, tools that are replaced are seen to be others', async () => {
  await using folder = await temporaryFolder();
  const [tools, binDir] = [join(folder.path, 'tools'), join(folder.path, 'bin')];
  await mkdir(binDir);
  await writeFile(join(binDir, 'wrapper'), `#!/bin/sh\nexec "${tools}/\${0##*/}" "$@"\n`, { mode: 0o755 });
  for (const name of NAMES) await symlink('wrapper', join(binDir, name));
  await installed(tools, '15.18');
  expect((await findClientTools(15, { binDir })).version).toBe('15.18');
  await installed(tools, '15.19');
  expect((await findClientTools(15, { binDir })).version).toBe('15.19');
});

test('Debian’s wrapper on PATH is not asked for what is behind it', async () => {
  await using folder = await temporaryFolder();
  const asked = join(folder.path, 'asked');
  await writeFile(join(folder.path, 'pg_wrapper'), `#!/bin/sh\n: >"${asked}"\n`, { mode: 0o755 });
  for (const name of NAMES) await symlink('pg_wrapper', join(folder.path, name));
  using _ = setEnvironment({ PATH: folder.path });
  await listClientTools();
  await expect(access(asked)).rejects.toMatchObject({ code: 'ENOENT' });
});
