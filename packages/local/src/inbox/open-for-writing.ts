import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';

/** The two lowest bits of the flags of a file descriptor: not only for reading (open(2), O_ACCMODE). */
const WRITES = 0b11;

/**
 * The files below a real folder that a process of this machine has open for writing: of our own user, and of all where
 * we are root, for others may not be looked at. Linux tells (proc(5), `/proc/pid/fd`); elsewhere there are none.
 */
export async function openForWriting(folder: string): Promise<ReadonlySet<string>> {
  const open = new Set<string>();
  const processes = (await namesIn('/proc')).filter((name) => /^\d+$/.test(name));
  for (const pid of processes) {
    for (const fd of await namesIn(`/proc/${pid}/fd`)) {
      const path = await readlink(`/proc/${pid}/fd/${fd}`).catch(() => '');
      if (!path.startsWith(join(folder, '/')) || open.has(path)) continue;
      const info = await readFile(`/proc/${pid}/fdinfo/${fd}`, 'utf8').catch(() => '');
      const [, flags = '0'] = /^flags:\s*([0-7]+)$/m.exec(info) ?? [];
      if ((Number.parseInt(flags, 8) & WRITES) !== 0) open.add(path);
    }
  }
  return open;
}

/** A process may end while it is looked at, and another user's is none of our business. */
async function namesIn(folder: string): Promise<string[]> {
  return await readdir(folder).catch(() => []);
}
