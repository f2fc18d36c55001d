import { once } from 'node:events';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type ClusterFolder, clusterMajor, findClusterFolder } from './cluster-folder.ts';
import { clusterProcesses, stopPostmaster } from './cluster-processes.ts';
import { OWNER, PORT } from './cluster-settings.ts';
import { errorCode } from './error-code.ts';
import { readPostmasterFile } from './postmaster-file.ts';
import { socketFolder } from './socket-folder.ts';
import { socketUrl } from './socket-url.ts';

/** A server that takes connections. */
export interface RunningServer {
  /** The superuser's URL of the database `datasens`. */
  readonly url: string;
  readonly major: number;
}

const POLL_MS = 20;

/** The server of a state folder if it takes connections now. Starts no process: a few system calls. */
export async function findRunningServer(stateFolder: string): Promise<RunningServer | undefined> {
  const folder = await findClusterFolder(stateFolder);
  if (!folder) return undefined;
  const [file, major] = await Promise.all([readPostmasterFile(folder.dataDir), clusterMajor(folder)]);
  if (file?.status !== 'ready' || major === undefined) return undefined;
  const reach = await socketFolder(folder.path);
  if (!(await listens(reach))) return undefined;
  return { url: socketUrl({ folder: reach, port: PORT, user: OWNER, database: OWNER }), major };
}

/**
 * Waits for the end of a start or a stop that is under way. Afterwards the server is ready, or no postmaster runs:
 * one that nobody can reach, because its socket was removed, is stopped. Only for who alone may start it now.
 */
export async function settleServer(folder: ClusterFolder, signal: AbortSignal): Promise<void> {
  const reach = await socketFolder(folder.path);
  for (;;) {
    const file = await readPostmasterFile(folder.dataDir);
    if (!file) return;
    const reachable = await listens(reach);
    if (reachable && file.status === 'ready') return;
    if (!reachable && !(await clusterProcesses(folder.title)).includes(file.pid)) return;
    if (!reachable && file.status === 'ready') await stopPostmaster(folder.dataDir, folder.title, signal);
    await delay(POLL_MS, undefined, { signal });
  }
}

/** Only a living postmaster listens; whether it is ready is for its file to say. */
async function listens(folder: string): Promise<boolean> {
  const socket = createConnection(join(folder, `.s.PGSQL.${PORT}`));
  try {
    await once(socket, 'connect');
    return true;
  } catch (error) {
    if (['ENOENT', 'ECONNREFUSED'].includes(errorCode(error) ?? '')) return false;
    // Its queue of connections is full for the moment.
    if (errorCode(error) === 'EAGAIN') return true;
    throw error;
  } finally {
    socket.destroy();
  }
}
