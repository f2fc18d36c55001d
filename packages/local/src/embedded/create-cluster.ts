import { randomBytes } from 'node:crypto';
import { appendFile, chown, mkdir, open, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Cluster, initCluster, runSingleUser, syncCluster } from './cluster.ts';
import { type ClusterFolder, clusterFolder } from './cluster-folder.ts';
import { HBA_LINES, identLines, OWNER, SERVER_SETTINGS } from './cluster-settings.ts';
import type { Server } from './server.ts';
import type { ServerUser } from './server-user.ts';
import { formatSettings } from './settings-file.ts';

/**
 * Creates a cluster with the database `datasens` in it. It appears whole or not at all: a crash leaves a folder
 * `new-…` behind, which `removeUnfinished` removes.
 */
export async function createCluster(
  stateFolder: string,
  server: Server,
  user: ServerUser,
  signal: AbortSignal,
): Promise<ClusterFolder> {
  const id = randomBytes(8).toString('hex');
  const unfinished = join(stateFolder, `new-${id}`);
  await mkdir(unfinished, { mode: 0o700 });
  if (user.spawnAs.uid !== undefined) await chown(unfinished, user.uid, user.gid);
  const cluster: Cluster = { ...server, dataDir: join(unfinished, 'data'), user, signal };

  // Synced once, at the end.
  await initCluster(cluster, { superuser: OWNER, args: ['--auth=reject', '--no-sync'] });
  await appendFile(join(cluster.dataDir, 'postgresql.conf'), formatSettings(SERVER_SETTINGS));
  await writeFile(join(cluster.dataDir, 'pg_hba.conf'), HBA_LINES);
  await writeFile(join(cluster.dataDir, 'pg_ident.conf'), identLines(user));
  await runSingleUser(cluster, 'postgres', `create database ${OWNER}\n`);
  await syncCluster(cluster);

  const finished = clusterFolder(stateFolder, id);
  await rename(unfinished, finished.path);
  await syncFolder(stateFolder);
  return finished;
}

/** Makes a rename in it survive a power cut. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
