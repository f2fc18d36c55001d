import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';

/** Of a process named by `ownerName`: `unknown` where only another host, or another pid namespace, could tell. */
export type Liveness = 'alive' | 'dead' | 'unknown';

let own: string | undefined;

/**
 * `<host>.<pid>.<start>`: this process among all that may ever share a folder. The host is a hash of the boot id and
 * the pid namespace, so that a pid is only ever looked up where it means something; the start time, in clock ticks
 * since boot, tells a process from a later one with its pid. Without Linux's /proc the host is `unknown`.
 */
export function ownerName(): string {
  own ??= `${hostName()}.${process.pid}.${readProcess('self')?.start ?? 0}`;
  return own;
}

/** Whether the process called `owner` still runs. A file whose owner is `dead` will never be finished. */
export function livenessOf(owner: string): Liveness {
  if (owner === ownerName()) return 'alive';
  const [host, pid = '', start] = owner.split('.');
  if (host === 'unknown' || host !== ownerName().split('.')[0] || !/^[1-9]\d*$/.test(pid)) return 'unknown';
  if (!exists(Number(pid))) return 'dead';
  // /proc may hide the processes of other users: what cannot be read is taken to live.
  const found = readProcess(pid);
  if (found === undefined) return 'alive';
  return found.start === start && !found.exited ? 'alive' : 'dead';
}

function hostName(): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8');
    return createHash('sha256').update(boot).update(readlinkSync('/proc/self/ns/pid')).digest('hex').slice(0, 16);
  } catch {
    return 'unknown';
  }
}

function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

/** Source: proc_pid_stat(5): after the name in parentheses, the state is field 3 and the start time field 22. */
function readProcess(pid: string): { start: string | undefined; exited: boolean } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { start: fields[19], exited: fields[0] === 'Z' || fields[0] === 'X' };
  } catch {
    return undefined;
  }
}
