import { access, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '@datasens/core/errors.ts';
import { errorCode, isMissing } from './error-code.ts';
import { removeIfIdle } from './remove-if-idle.ts';

/** The folder of one cluster: its data, its socket, its log. The name is unique, and so is the server's title. */
export interface ClusterFolder {
  readonly path: string;
  readonly dataDir: string;
  /** The server's `cluster_name`: by it, its processes are known from all others. */
  readonly title: string;
}

export function clusterFolder(stateFolder: string, id: string): ClusterFolder {
  const path = join(stateFolder, `cluster-${id}`);
  return { path, dataDir: join(path, 'data'), title: `datasens-${id}` };
}

/** The cluster in a state folder; undefined if there is none, whole or not. */
export async function findClusterFolder(stateFolder: string): Promise<ClusterFolder | undefined> {
  const names = await readNames(stateFolder);
  const [id] = names.flatMap((name) => /^cluster-(\w+)$/.exec(name)?.[1] ?? []).sort();
  return id === undefined ? undefined : clusterFolder(stateFolder, id);
}

/** The major version that made the cluster; undefined if what is there is not all of a cluster. */
export async function clusterMajor({ dataDir }: ClusterFolder): Promise<number | undefined> {
  try {
    // The two files without which no server starts.
    await access(join(dataDir, 'global', 'pg_control'));
    return Number.parseInt(await readFile(join(dataDir, 'PG_VERSION'), 'utf8'), 10) || undefined;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Removes clusters whose creation was cut off. Only for who alone may create one now. */
export async function removeUnfinished(stateFolder: string): Promise<void> {
  for (const name of await readNames(stateFolder)) {
    if (name.startsWith('new-')) await removeIfIdle(join(stateFolder, name));
  }
}

async function readNames(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isMissing(error)) return [];
    if (errorCode(error) !== 'EACCES') throw error;
    throw new AppError('ConfigError', `${folder} belongs to another user: set DATASENS_HOME to a folder of your own`, {
      cause: error,
    });
  }
}
