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

/** Those in `tools` are replaced, and `binDir` is asked. */
async function expectReplacementSeen(tools: string, binDir: string): Promise<void> {
  for (const version of ['15.18', '15.19']) {
    await installed(tools, version);
    expect((await findClientTools(15, { binDir })).version).toBe(version);
  }
}

test('tools that are replaced are seen to be others', async () => {
  await using folder = await temporaryFolder();
  await expectReplacementSeen(folder.path, folder.path);
});

test('behind a wrapper, tools that are replaced are seen to be others', async () => {
  await using folder = await temporaryFolder();
  const [tools, binDir] = [join(folder.path, 'tools'), join(folder.path, 'bin')];
  await mkdir(binDir);
  await writeFile(join(binDir, 'wrapper'), `#!/bin/sh\nexec "${tools}/\${0##*/}" "$@"\n`, { mode: 0o755 });
  for (const name of NAMES) await symlink('wrapper', join(binDir, name));
  await expectReplacementSeen(tools, binDir);
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
