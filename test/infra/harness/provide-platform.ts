import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Nothing is asked of anybody but the registry of packages, and nothing is told. */
export const SST_ENVIRONMENT = {
  SST_SKIP_DEPENDENCY_CHECK: '1',
  NO_BUN: '1',
  SST_TELEMETRY_DISABLED: '1',
  DO_NOT_TRACK: '1',
} as const;

/** What SST writes last. */
const LOCK = 'provider-lock.json';

/**
 * The folder of SST's platform, with the packages of its providers: what `sst install` makes of sst.config.ts, 323 MB, once for
 * each version of SST and kept in the user's cache. It takes about a minute, and appears there whole.
 */
export async function providePlatform(root: string): Promise<string> {
  const { version } = JSON.parse(await readFile(join(root, 'node_modules/sst/package.json'), 'utf8'));
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'datasens');
  const place = join(cache, `sst-${version}`);
  if (existsSync(join(place, LOCK))) return place;
  await mkdir(cache, { recursive: true });
  const beside = await mkdtemp(join(cache, `sst-${version}-`));
  try {
    await cp(join(root, 'sst.config.ts'), join(beside, 'sst.config.ts'));
    await writeFile(join(beside, 'package.json'), '{"type": "module"}');
    for (const part of ['node_modules', 'infra']) await symlink(join(root, part), join(beside, part));
    await run(sstCommand(root), ['install', '--stage', 'test'], {
      cwd: beside,
      env: { ...process.env, ...SST_ENVIRONMENT, XDG_CONFIG_HOME: join(beside, 'config') },
    });
    await rename(join(beside, '.sst'), place).catch(async (error: NodeJS.ErrnoException) => {
      // Somebody else was first.
      if (!['ENOTEMPTY', 'EEXIST'].includes(error.code ?? '')) throw error;
    });
  } finally {
    await rm(beside, { recursive: true, force: true });
  }
  return place;
}

export function sstCommand(root: string): string {
  return join(root, 'node_modules/.bin/sst');
}

/** Gives a folder a `.sst` of its own, which SST writes into, of what all share. */
export async function linkPlatform(root: string, shared: string): Promise<void> {
  const own = join(root, '.sst');
  await mkdir(join(own, 'platform'), { recursive: true });
  // Without it SST installs everything anew.
  await cp(join(shared, LOCK), join(own, LOCK));
  for (const entry of await readdir(join(shared, 'platform'))) {
    const link = join(own, 'platform', entry);
    await symlink(join(shared, 'platform', entry), link).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }
}
