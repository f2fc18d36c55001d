import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import { inBareDebian } from './bare-debian.ts';

const isRoot = process.getuid?.() === 0;
const isDebian = existsSync('/usr/bin/apt-get');

const PROVIDE = `node --input-type=module -e "
  const { provideClientTools } = await import('./scripts/setup/client-tools.mjs');
  await provideClientTools();
"`;

// Their time is that of the distribution's mirror.
const PATIENCE = { timeout: 600_000 };

describe.runIf(isDebian && isRoot)('on a Debian without client tools', PATIENCE, () => {
  test('root gets the distribution’s package', async () => {
    const stdout = await inBareDebian('root', `${PROVIDE}; /usr/lib/postgresql/*/bin/pg_dump --version`);
    expect(stdout).toMatch(/^pg_dump \(PostgreSQL\) \d+/);
  });

  test('an ordinary user gets them in the cache, and a second set-up finds them there', async () => {
    const stdout = await inBareDebian(
      'visitor',
      `${PROVIDE}
      cd ~/.cache/datasens/postgresql-client
      ls
      for tool in pg_dump pg_restore psql pg_dumpall; do ./*/bin/$tool --version; done
      cd - >/dev/null
      ${PROVIDE} 2>&1`,
    );
    expect(stdout).toMatch(
      /^\d+\npg_dump \(PostgreSQL\) .*\npg_restore \(PostgreSQL\) .*\npsql \(PostgreSQL\) .*\npg_dumpall \(PostgreSQL\) .*\n$/,
    );
  });

  test('two set-ups at once, after one that was killed, leave one whole copy', async () => {
    const stdout = await inBareDebian(
      'visitor',
      `${PROVIDE} &
      until ls -d ~/.cache/datasens/postgresql-client/new-*/debs; do :; done >/dev/null 2>&1
      kill -9 $!
      ${PROVIDE} & ${PROVIDE} & wait
      ls ~/.cache/datasens/postgresql-client
      ~/.cache/datasens/postgresql-client/*/bin/psql --version`,
    );
    expect(stdout).toMatch(/^\d+\npsql \(PostgreSQL\) \d+/);
  });

  test('where the packages cannot be had, the error says which command failed', async () => {
    const offline =
      "printf 'deb [trusted=yes] file:/nowhere none main' >/etc/apt/sources.list; rm -rf /etc/apt/sources.list.d";
    await expect(inBareDebian('root', `${offline}; ${PROVIDE}`)).rejects.toThrow('apt-get');
  });
});

test.runIf(isDebian && !isRoot)('an ordinary user can unpack the client tools', PATIENCE, async () => {
  const cache = await mkdtemp(join(tmpdir(), 'datasens-setup-'));
  onTestFinished(() => rm(cache, { recursive: true }));
  const module = new URL('../../scripts/setup/debian-unpack.mjs', import.meta.url).href;
  const program = `const { unpackIntoCache } = await import('${module}'); await unpackIntoCache();`;
  const env = { ...process.env, XDG_CACHE_HOME: cache };
  await promisify(execFile)('node', ['--input-type=module', '-e', program], { env });
  const parent = join(cache, 'datasens', 'postgresql-client');
  const [major = ''] = await readdir(parent);
  const { stdout } = await promisify(execFile)(join(parent, major, 'bin', 'pg_dump'), ['--version']);
  expect(stdout).toContain(`(PostgreSQL) ${major}.`);
});
