import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Log } from '@datasens/core/deps.ts';
import { AppError } from '@datasens/core/errors.ts';
import { findClusterFolder } from './cluster-folder.ts';
import { clearCrash, stopPostmaster } from './cluster-processes.ts';
import { withFileLock } from './file-lock.ts';
import { installedMajors } from './installed-majors.ts';
import { findRunningServer, type RunningServer, settleServer } from './running-server.ts';
import { startServer } from './start-server.ts';
import { locateStateFolder } from './state-folder.ts';
import { type SystemFolders, systemFolders } from './system-folders.ts';

export interface EmbeddedOptions {
  /** `DATASENS_HOME`. Created if it is not there. */
  readonly home: string;
  readonly signal: AbortSignal;
  readonly log: Log;
  /** The majors that will do, best first. By default those of the client tools that are installed. */
  readonly majors?: readonly number[];
  readonly folders?: SystemFolders;
}

export interface EmbeddedPostgres extends RunningServer {
  /** Ends every session and shuts the server down; resolves when it is gone. */
  stop(): Promise<void>;
}

/**
 * The private PostgreSQL of a home: the one that runs, else it is started, after being created if need be. It
 * outlives this process, and serves any number of commands at once. Only root and the user who runs it can connect,
 * through a Unix socket. What a crash or a kill of server or command left behind is put right.
 *
 * Throws `ConfigError` where the installation must change: no server to be had, data of another major than the
 * client tools', a home that cannot be used, Windows; `ToolFailed`, with the server's words, if it does not start.
 */
export async function embeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const home = resolve(options.home);
  const { signal, log, folders = systemFolders() } = options;
  const find = async () => findRunningServer(await locateStateFolder(home));
  const start = async () => {
    const majors = options.majors ?? (await installedMajors());
    return startServer({ home, signal, log, folders, majors });
  };
  // Looked for again by who has waited: another command has started it in the meantime.
  const running = (await find()) ?? (await alone(home, signal, async () => (await find()) ?? start()));
  return { ...running, stop: () => stopEmbeddedPostgres(home, signal) };
}

/** Shuts the server of a home down, if it runs; never starts one. Resolves when it is gone. */
export async function stopEmbeddedPostgres(home: string, signal: AbortSignal): Promise<void> {
  const folder = await findClusterFolder(await locateStateFolder(resolve(home)));
  if (!folder) return;
  await alone(resolve(home), signal, async () => {
    await settleServer(folder, signal);
    await stopPostmaster(folder.dataDir, folder.title, signal);
    // Sessions that a killed postmaster left at work.
    await clearCrash(folder.dataDir, folder.title, signal);
  });
}

/** Of all commands of a home, one at a time creates, starts or stops the server. */
async function alone<T>(home: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  await mkdir(home, { recursive: true }).catch((cause: unknown) => {
    throw new AppError('ConfigError', `cannot create ${home}: set DATASENS_HOME to a folder of your own`, { cause });
  });
  return withFileLock(join(home, 'postgres.lock'), signal, work);
}
