import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { listClientTools } from '@datasens/core/postgres/client-tools.ts';
import { ask } from '@datasens/testkit/ask.ts';
import { embeddedHome } from '@datasens/testkit/embedded-home.ts';
import { expect, onTestFinished, test, vi } from 'vitest';
import { systemFolders } from './system-folders.ts';

const isRoot = process.getuid?.() === 0;
const START_TIME = 'select pg_postmaster_start_time()::text';

test('the first command creates the server, the next ones find it, and stopping it keeps the data', async () => {
  await using home = await embeddedHome();
  const first = await home.start();
  await ask(first.url, 'create table t as select 1 as a');
  const startedAt = await ask(first.url, START_TIME);
  const second = await home.start();
  expect(second.url).toBe(first.url);
  expect(await ask(second.url, START_TIME)).toEqual(startedAt);

  await second.stop();
  await expect(ask(first.url, 'select 1')).rejects.toThrow();
  await second.stop();
  const third = await home.start();
  expect(await ask(third.url, 'select a from t')).toEqual([[1]]);
});

test('it is a UTF8 database with checksums that listens on no network', async () => {
  await using home = await embeddedHome();
  const { url, major } = await home.start();
  const show = async (name: string) => (await ask(url, `show ${name}`))[0]?.[0];
  expect(await show('server_version_num')).toMatch(new RegExp(`^${major}`));
  expect(await show('server_encoding')).toBe('UTF8');
  expect(await show('data_checksums')).toBe('on');
  expect(await show('listen_addresses')).toBe('');
  expect(await ask(url, 'select current_user::text, current_database()::text')).toEqual([['datasens', 'datasens']]);
});

test('twenty commands at once are served by one server', async () => {
  await using home = await embeddedHome();
  const servers = await Promise.all(Array.from({ length: 20 }, () => home.command().server));
  expect(new Set(servers.map(({ url }) => url)).size).toBe(1);
  expect(await home.find('postgres/*')).toHaveLength(1);
  expect(await home.find('postgres/*/data/postmaster.pid')).toHaveLength(1);
});

test('the name of the home may hold any character, and be long', async () => {
  const runtime = await mkdtemp('/tmp/datasens-run-');
  vi.stubEnv('XDG_RUNTIME_DIR', runtime);
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    await rm(runtime, { recursive: true });
  });
  await using home = await embeddedHome({ name: `l'été "$(id)" \`id\` % , ; ${'x'.repeat(100)}` });
  const { url } = await home.start();
  expect(await ask(url, 'select 1')).toEqual([[1]]);
  expect((await home.start()).url).toBe(url);
  // psql reads the same URL.
  const [tools] = await listClientTools();
  const { stdout } = await promisify(execFile)(`${tools?.binDir}/psql`, ['-X', '-A', '-t', '-c', 'select 1', url]);
  expect(stdout).toBe('1\n');
});

test('data of another major than the client tools are refused with a remedy, and left alone', async () => {
  await using home = await embeddedHome();
  const { url, stop } = await home.start();
  await ask(url, 'create table t as select 1 as a');
  await stop();
  await expect(home.start({ majors: [99] })).rejects.toMatchObject({
    name: 'ConfigError',
    message: expect.stringContaining('Install the client tools'),
  });
  const again = await home.start();
  expect(await ask(again.url, 'select a from t')).toEqual([[1]]);
});

test('a home that cannot be created is a ConfigError', async () => {
  await using home = await embeddedHome({ name: 'file/home' });
  await writeFile(dirname(home.path), '');
  await expect(home.start()).rejects.toMatchObject({ name: 'ConfigError' });
});

test.runIf(isRoot)('as root, the server runs under another user, and no third user can connect', async () => {
  await using home = await embeddedHome();
  const { url } = await home.start();
  const [folder = ''] = await home.find('postgres/cluster-*');
  expect((await stat(folder)).uid).not.toBe(0);
  const [tools] = await listClientTools();
  const nobody = { uid: 65_534, gid: 65_534, cwd: '/' };
  const connect = () => promisify(execFile)(`${tools?.binDir}/psql`, ['-X', '-c', 'select 1', url], nobody);
  await expect(connect()).rejects.toThrow('Permission denied');
  // Were every folder open, the server itself would still refuse.
  for (const path of [`${home.path}/postgres`, folder]) await chmod(path, 0o755);
  await chmod(`${folder}/.s.PGSQL.5432`, 0o777);
  await expect(connect()).rejects.toThrow('Peer authentication failed');
});

test.runIf(isRoot)(
  'as root, data of a home that the server may not enter lie elsewhere, and are found again',
  async () => {
    await using elsewhere = await embeddedHome();
    await using home = await embeddedHome({ mode: 0o700 });
    const folders = { ...systemFolders(), state: elsewhere.path };
    const { url, stop } = await home.start({ folders });
    await ask(url, 'create table t as select 1 as a');
    expect(await readFile(`${home.path}/postgres-folder`, 'utf8')).toContain(elsewhere.path);
    expect(await home.find('postgres/*')).toEqual([]);
    await stop();
    const again = await home.start();
    expect(await ask(again.url, 'select a from t')).toEqual([[1]]);
  },
);
