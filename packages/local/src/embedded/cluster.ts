import { readFile, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { AppError, isAppError } from '@datasens/core/errors.ts';
import { runServerTool } from './server-tool.ts';
import type { ServerUser } from './server-user.ts';

/** A database cluster on disk, and what runs it. `user` may enter the folder that `dataDir` is in. */
export interface Cluster {
  readonly binDir: string;
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

/** Creates the cluster, in UTF8, with data checksums. Throws `ToolFailed`; a `dataDir` in use is left alone. */
export async function initCluster(cluster: Cluster, { superuser, args = [] }: InitOptions): Promise<void> {
  const common = ['--username', superuser, '--encoding=UTF8', '--data-checksums', ...args];
  await runInParent(cluster, 'initdb', [...common, '--locale=C.UTF-8']);
}

/**
 * Starts the postmaster and waits until it takes connections. It outlives this process, carries `title` in the
 * command line of each of its processes, and writes what it says into `logName` beside `dataDir`.
 * Throws `ToolFailed`, with what it said, if it does not start.
 */
export async function startCluster(cluster: Cluster, title: string, logName: string): Promise<void> {
  const options = `-c cluster_name=${title}`;
  const log = join(dirname(cluster.dataDir), logName);
  await rm(log, { force: true });
  try {
    await runInParent(cluster, 'pg_ctl', ['start', '-w', '-s', '-t', WAIT_SECONDS, '-l', logName, '-o', options]);
  } catch (error) {
    if (!isAppError(error, 'ToolFailed')) throw error;
    const said = await readFile(log, 'utf8').catch(() => '');
    throw new AppError('ToolFailed', `PostgreSQL did not start: ${said.slice(-2000).trim() || error.message}`, {
      cause: error,
    });
  }
}

/** Stops the postmaster and waits for its end: `fast` ends sessions and is clean, `immediate` is a crash. */
export async function stopCluster(cluster: Cluster, mode: 'fast' | 'immediate'): Promise<void> {
  await runInParent(cluster, 'pg_ctl', ['stop', '-w', '-s', '-t', WAIT_SECONDS, '-m', mode]);
}

/** Paths are given relative to `cwd`: pg_ctl builds a shell command of them, and users' folders have any name. */
async function runInParent(cluster: Cluster, name: 'initdb' | 'pg_ctl', args: readonly string[]): Promise<void> {
  const { binDir, dataDir, user, signal } = cluster;
  await runServerTool({ binDir, name }, [...args, '-D', basename(dataDir)], { user, cwd: dirname(dataDir), signal });
}
