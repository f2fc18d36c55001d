import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type ClusterFolder, clusterMajor, findClusterFolder } from './cluster-folder.ts';
import { clusterProcesses, stopPostmaster } from './cluster-processes.ts';
import { OWNER, PORT } from './cluster-settings.ts';
import { answers } from './postgres-socket.ts';
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
  if (!(await answers(join(reach, `.s.PGSQL.${PORT}`)))) return undefined;
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
    const reachable = await answers(join(reach, `.s.PGSQL.${PORT}`));
    if (reachable && file.status === 'ready') return;
    if (!reachable && !(await clusterProcesses(folder.title)).includes(file.pid)) return;
    if (!reachable && file.status === 'ready') await stopPostmaster(folder.dataDir, folder.title, signal);
    await delay(POLL_MS, undefined, { signal });
  }
}
