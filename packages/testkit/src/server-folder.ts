import { chown, lstat, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { killClusterProcesses } from '@datasens/local/embedded/cluster-processes.ts';
import { isRunning } from '@datasens/local/embedded/processes.ts';
import type { ServerUser } from '@datasens/local/embedded/server-user.ts';

const PREFIX = 'datasens-test-';

/** A new folder of mode 0700 for a throw-away server. Its name tells which process it belongs to. */
export async function createServerFolder(user: ServerUser): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), `${PREFIX}${process.pid}-`));
  await chown(folder, user.uid, user.gid);
  return folder;
}

/** Ends and removes the servers of test runs that were killed: those whose process is no more. */
export async function removeAbandonedServers(user: ServerUser): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const owner = new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1];
    if (!owner || (await isRunning(Number(owner)))) continue;
    const folder = join(tmpdir(), name);
    const found = await lstat(folder).catch(() => undefined);
    if (!found || (found.uid !== user.uid && found.uid !== process.getuid?.())) continue;
    await killClusterProcesses(name);
    await rm(folder, { recursive: true, force: true });
  }
}
