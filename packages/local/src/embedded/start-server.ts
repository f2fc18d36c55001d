import { setTimeout as delay } from 'node:timers/promises';
import type { Log } from '@datasens/core/deps.ts';
import { AppError, isAppError } from '@datasens/core/errors.ts';
import { type Cluster, startCluster } from './cluster.ts';
import { type ClusterFolder, clusterMajor, findClusterFolder, removeUnfinished } from './cluster-folder.ts';
import { clearCrash } from './cluster-processes.ts';
import { createCluster } from './create-cluster.ts';
import { findRunningServer, type RunningServer, settleServer } from './running-server.ts';
import { provideServer, type Server } from './server.ts';
import type { ServerUser } from './server-user.ts';
import { prepareStateFolder } from './state-folder.ts';
import type { SystemFolders } from './system-folders.ts';

export interface StartOptions {
  readonly home: string;
  readonly majors: readonly number[];
  readonly folders: SystemFolders;
  readonly signal: AbortSignal;
  readonly log: Log;
}

const LOG_NAME = 'start.log';
const DYING_TRIES = 50;
const DYING_POLL_MS = 100;

/** Starts the server of a home, or waits for one that is starting. Only for who alone may do so now. */
export async function startServer(options: StartOptions): Promise<RunningServer> {
  const { home, majors, folders, signal, log } = options;
  const { folder: stateFolder, user } = await prepareStateFolder(home, folders.state, signal);
  await removeUnfinished(stateFolder);
  const existing = await findWholeCluster(stateFolder);
  if (existing) {
    await settleServer(existing.folder, signal);
    const running = await findRunningServer(stateFolder);
    if (running) return running;
    checkMajor(existing, majors);
  }
  const search = { user, cache: folders.cache, signal, log };
  const server = await provideServer(existing ? [existing.major] : majors, search);
  const folder = existing?.folder ?? (await createCluster(stateFolder, server, user, signal));
  await start(folder, server, user, signal);
  const started = await findRunningServer(stateFolder);
  if (started) return started;
  throw new AppError('Transient', 'the embedded PostgreSQL was stopped as soon as it had started');
}

interface WholeCluster {
  readonly folder: ClusterFolder;
  readonly major: number;
}

async function findWholeCluster(stateFolder: string): Promise<WholeCluster | undefined> {
  const folder = await findClusterFolder(stateFolder);
  if (!folder) return undefined;
  const major = await clusterMajor(folder);
  if (major !== undefined) return { folder, major };
  // Not replaced by an empty one: the audit lives in it, and nobody would notice that it began anew.
  throw new AppError(
    'ConfigError',
    `the embedded database in ${folder.path} is damaged: files are missing. Bring the folder back from a backup, or ` +
      'move it away to begin with an empty one',
    { folder: folder.path },
  );
}

function checkMajor({ folder, major }: WholeCluster, majors: readonly number[]): void {
  if (majors.includes(major)) return;
  throw new AppError(
    'ConfigError',
    `the embedded database in ${folder.path} is of PostgreSQL ${major}, and the client tools here are of ${majors.join(', ')}. ` +
      `Install the client tools of PostgreSQL ${major} beside them (postgresql-client-${major} on Debian and Ubuntu). ` +
      'To move to the newer version: dump with those, set DATASENS_HOME to a new folder, restore there',
    { dataMajor: major, clientMajors: majors },
  );
}

async function start(folder: ClusterFolder, server: Server, user: ServerUser, signal: AbortSignal): Promise<void> {
  const cluster: Cluster = { ...server, dataDir: folder.dataDir, user, signal };
  for (let tries = 1; ; tries++) {
    await clearCrash(folder.dataDir, folder.title, signal);
    try {
      return await startCluster(cluster, folder.title, LOG_NAME);
    } catch (error) {
      // Processes of a killed postmaster lose their name some time before they let go of its memory.
      const dying = isAppError(error, 'ToolFailed') && error.message.includes('shared memory block');
      if (!dying || tries === DYING_TRIES) throw error;
      await delay(DYING_POLL_MS, undefined, { signal });
    }
  }
}
