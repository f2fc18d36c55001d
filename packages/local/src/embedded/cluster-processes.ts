import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { readPostmasterFile } from './postmaster-file.ts';
import { isRunning, listProcesses } from './processes.ts';

const POLL_MS = 20;

/**
 * The processes of the cluster that was started under `title` (its `cluster_name`, which is unique), postmaster
 * and children alike: also those that a killed postmaster left behind.
 */
export async function clusterProcesses(title: string): Promise<number[]> {
  const processes = await listProcesses();
  return processes.filter(({ command }) => isOf(title, command)).map(({ pid }) => pid);
}

/** Ends every process of the cluster as a crash would, and waits until none is left. */
export async function killClusterProcesses(title: string, signal?: AbortSignal): Promise<void> {
  for (let pids = await clusterProcesses(title); pids.length > 0; pids = await clusterProcesses(title)) {
    for (const pid of pids) kill(pid);
    for (const pid of pids) {
      while (await isRunning(pid)) await delay(POLL_MS, undefined, { signal });
    }
  }
}

/**
 * Makes the cluster fit for a start after its postmaster was killed. Only for who alone may start it now.
 * Its lock files go too: PostgreSQL takes any live process under their id, even a zombie, for a postmaster.
 */
export async function clearCrash(dataDir: string, title: string, signal?: AbortSignal): Promise<void> {
  await killClusterProcesses(title, signal);
  const file = await readPostmasterFile(dataDir);
  if (!file) return;
  // The one that names the other goes last: a crash in between leaves both to be found.
  await rm(join(file.socketFolder, `.s.PGSQL.${file.port}.lock`), { force: true });
  await rm(join(dataDir, 'postmaster.pid'), { force: true });
}

function isOf(title: string, command: string): boolean {
  return command.startsWith(`postgres: ${title}: `) || `${command} `.includes(` -c cluster_name=${title} `);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}
