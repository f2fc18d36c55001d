import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { errorCode } from './error-code.ts';
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

/** Ends sessions and shuts down cleanly; resolves when every process is gone. Nothing to do where none runs. */
export async function stopPostmaster(dataDir: string, title: string, signal?: AbortSignal): Promise<void> {
  const file = await readPostmasterFile(dataDir);
  const pids = await clusterProcesses(title);
  // Never a process that merely has the number which a crashed postmaster left in its file.
  if (!file || !pids.includes(file.pid)) return;
  // "Fast shutdown", as pg_ctl would ask for.
  sendSignal(file.pid, 'SIGINT');
  await untilEnded(pids, signal);
}

/** Ends every process of the cluster as a crash would; resolves when none is left. */
export async function killClusterProcesses(title: string, signal?: AbortSignal): Promise<void> {
  for (let pids = await clusterProcesses(title); pids.length > 0; pids = await clusterProcesses(title)) {
    for (const pid of pids) sendSignal(pid, 'SIGKILL');
    await untilEnded(pids, signal);
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

async function untilEnded(pids: readonly number[], signal: AbortSignal | undefined): Promise<void> {
  for (const pid of pids) {
    while (await isRunning(pid)) await delay(POLL_MS, undefined, { signal });
  }
}

function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (errorCode(error) !== 'ESRCH') throw error;
  }
}
