import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { socketFolder } from './socket-folder.ts';

let base: string;
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'datasens-socket-'));
});
afterEach(() => rm(base, { recursive: true }));

const long = () => join(base, 'x'.repeat(120));

test('a short folder is reached by its own path', async () => {
  expect(await socketFolder(base, join(base, 'run'))).toBe(base);
});

test('a long folder is reached by a link that is short enough for a socket', async () => {
  await mkdir(long());
  const folder = await socketFolder(long(), join(base, 'run'));
  const server = createServer().listen(join(folder, '.s.PGSQL.5432'));
  await new Promise((resolve) => server.once('listening', resolve));
  server.close();
  expect(await socketFolder(long(), join(base, 'run'))).toBe(folder);
});

test('a link that leads elsewhere is put right', async () => {
  const folder = await socketFolder(long(), join(base, 'run'));
  await rm(folder);
  await symlink('/elsewhere', folder);
  expect(await socketFolder(long(), join(base, 'run'))).toBe(folder);
});

test.for([
  ['a file', (path: string) => writeFile(path, '')],
  ['a link', (path: string) => symlink(base, path)],
  ['open to others', (path: string) => mkdir(path).then(() => chmod(path, 0o777))],
] as const)('a runtime folder that is %s is refused', async ([, squat]) => {
  await squat(join(base, 'run'));
  await expect(socketFolder(long(), join(base, 'run'))).rejects.toMatchObject({ name: 'ConfigError' });
});
