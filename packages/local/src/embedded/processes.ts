import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { errorCode } from './error-code.ts';

const run = promisify(execFile);

/** A process that runs; one that has ended but was not yet reaped by its parent is none. */
export interface RunningProcess {
  readonly pid: number;
  /** Its arguments joined by blanks, or the title that it gave itself. */
  readonly command: string;
}

/** Every process that this one may see. */
export async function listProcesses(): Promise<RunningProcess[]> {
  return process.platform === 'linux' ? fromProc() : fromPs();
}

/** Whether a process of this id runs, ours or not. Once it does not, its memory is released too. */
export async function isRunning(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return errorCode(error) === 'EPERM';
  }
  return !/^[ZX]/.test(await processState(pid));
}

async function processState(pid: number): Promise<string> {
  try {
    if (process.platform !== 'linux') return (await run('ps', ['-o', 'stat=', '-p', String(pid)])).stdout.trim();
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    // The name before it is in brackets, and may hold any character.
    return stat.slice(stat.lastIndexOf(')') + 2);
  } catch {
    // It has ended since.
    return 'X';
  }
}

/** Linux, where a minimal image has no ps. */
async function fromProc(): Promise<RunningProcess[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const all = await Promise.all(pids.map(async (pid) => ({ pid, command: await procCommand(pid) })));
  return all.filter(({ command }) => command !== '');
}

async function procCommand(pid: number): Promise<string> {
  try {
    return (await readFile(`/proc/${pid}/cmdline`, 'utf8')).replaceAll('\0', ' ').trim();
  } catch {
    // It has ended since it was listed.
    return '';
  }
}

async function fromPs(): Promise<RunningProcess[]> {
  const { stdout } = await run('ps', ['-A', '-ww', '-o', 'pid=,stat=,args='], { maxBuffer: 64 * 1024 * 1024 });
  return stdout.split('\n').flatMap((line) => {
    const [, pid, stat, command] = /^\s*(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    return pid && command && !stat?.startsWith('Z') ? [{ pid: Number(pid), command }] : [];
  });
}
