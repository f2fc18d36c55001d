import { readFile, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { AppError, isAppError } from '@datasens/core/errors.ts';
import { runServerTool, type ServerTool } from './server-tool.ts';
import type { ServerUser } from './server-user.ts';

/** A database cluster on disk, and what runs it. `user` may enter the folder that `dataDir` is in. */
export interface Cluster {
  readonly binDir: string;
  readonly major: number;
  readonly dataDir: string;
  readonly user: ServerUser;
  readonly signal?: AbortSignal | undefined;
}

export interface InitOptions {
  readonly superuser: string;
  readonly args?: readonly string[];
}

// Longer than any crash recovery: giving up is up to the caller's signal.
const WAIT_SECONDS = '86400';

/**
 * Creates the cluster, in UTF8, sorted by code point, with data checksums. The order of code points is the same on
 * every system, so that any server of this major can take the cluster over. Throws `ToolFailed`.
 */
export async function initCluster(cluster: Cluster, { superuser, args = [] }: InitOptions): Promise<void> {
  const common = ['--username', superuser, '--encoding=UTF8', '--data-checksums', ...args];
  if (cluster.major >= 17) {
    const builtin = ['--no-locale', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
    await runOnCluster(cluster, 'initdb', [...common, ...builtin]);
    return;
  }
  try {
    await runOnCluster(cluster, 'initdb', [...common, '--locale=C.UTF-8']);
  } catch (error) {
    // Some systems lack C.UTF-8. With C, upper and lower case are known for ASCII alone.
    if (!isAppError(error, 'ToolFailed') || !error.message.includes('invalid locale name')) throw error;
    await runOnCluster(cluster, 'initdb', [...common, '--no-locale']);
  }
}

/**
 * Starts the postmaster and waits until it takes connections. It outlives this process, carries `title` in the
 * command line of each of its processes, and writes what it says into `logName` beside `dataDir`.
 * Throws `ToolFailed`, with what it said, if it does not start.
 */
export async function startCluster(cluster: Cluster, title: string, logName: string): Promise<void> {
  const log = join(dirname(cluster.dataDir), logName);
  await rm(log, { force: true });
  try {
    const options = `-c cluster_name=${title}`;
    await runOnCluster(cluster, 'pg_ctl', ['start', '-w', '-s', '-t', WAIT_SECONDS, '-l', logName, '-o', options]);
  } catch (error) {
    if (!isAppError(error, 'ToolFailed')) throw error;
    const said = await readFile(log, 'utf8').catch(() => '');
    throw new AppError('ToolFailed', `PostgreSQL did not start: ${said.slice(-2000).trim() || error.message}`, {
      cause: error,
    });
  }
}

/** Runs statements, one a line, on a cluster whose postmaster does not run. Throws `ToolFailed`. */
export async function runSingleUser(cluster: Cluster, database: string, statements: string): Promise<void> {
  await runOnCluster(cluster, 'postgres', ['--single', '-c', 'exit_on_error=on'], [database], statements);
}

/** Makes what is on disk survive a power cut. */
export async function syncCluster(cluster: Cluster): Promise<void> {
  await runOnCluster(cluster, 'initdb', ['--sync-only']);
}

/** Paths are given relative to `cwd`: pg_ctl builds a shell command of them, and users' folders have any name. */
async function runOnCluster(
  cluster: Cluster,
  name: ServerTool['name'],
  options: readonly string[],
  operands: readonly string[] = [],
  input = '',
): Promise<void> {
  const { binDir, dataDir, user, signal } = cluster;
  const args = [...options, '-D', basename(dataDir), ...operands];
  await runServerTool({ binDir, name }, args, { user, cwd: dirname(dataDir), signal, input });
}
