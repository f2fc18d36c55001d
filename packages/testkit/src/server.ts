import { chown, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type Cluster, initCluster, startCluster } from '@datasens/local/embedded/cluster.ts';
import { clearCrash, killClusterProcesses, stopPostmaster } from '@datasens/local/embedded/cluster-processes.ts';
import { installedMajors } from '@datasens/local/embedded/installed-majors.ts';
import { readPostmasterFile } from '@datasens/local/embedded/postmaster-file.ts';
import { provideServer } from '@datasens/local/embedded/server.ts';
import { serverUser } from '@datasens/local/embedded/server-user.ts';
import { formatSettings, quoteFolder } from '@datasens/local/embedded/settings-file.ts';
import { socketUrl } from '@datasens/local/embedded/socket-url.ts';
import { systemFolders } from '@datasens/local/embedded/system-folders.ts';
import { freePort } from './free-port.ts';
import { createTemporaryFolder, listAbandonedFolders } from './temporary-folder.ts';

export interface ServerOptions {
  /** PostgreSQL's major version; by default one of the client tools' that are installed. */
  readonly major?: number;
  /** On top of settings that trade durability for speed: a test's server need not survive a power cut. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly initdbArgs?: readonly string[];
  /** Whether it also listens on a free port of 127.0.0.1, where passwords are asked for (scram-sha-256). */
  readonly tcp?: boolean;
}

export interface UrlOptions {
  /** The superuser `postgres` by default. */
  readonly user?: string;
  /** Asked for over TCP alone. The superuser's own is filled in. */
  readonly password?: string;
  /** Through the TCP port instead of the Unix socket. */
  readonly tcp?: boolean;
}

/** A real PostgreSQL of one test, in a folder of its own. Disposing of it ends it and removes the folder. */
export interface TestServer extends AsyncDisposable {
  readonly major: number;
  readonly dataDir: string;
  url(database?: string, options?: UrlOptions): string;
  /** The postmaster's. Throws while the server is stopped. */
  pid(): Promise<number>;
  /** Ends sessions and shuts down cleanly. */
  stop(): Promise<void>;
  /** Ends every one of its processes by SIGKILL, as a power cut would. */
  kill9(): Promise<void>;
  /** Starts it again after `stop` or `kill9`, on the same addresses. */
  start(): Promise<void>;
}

const SUPERUSER = 'postgres';
const PASSWORD = 'a test’s own secret';
const SOCKET_PORT = 5432;
const FAST_SETTINGS = {
  fsync: 'off',
  full_page_writes: 'off',
  synchronous_commit: 'off',
  max_connections: '200',
  // In its folder: a server that is killed leaves nothing in the memory that processes share.
  dynamic_shared_memory_type: 'mmap',
};

/** Starts a server that nobody else uses. As root it runs under an unprivileged user. */
export async function startServer(options: ServerOptions = {}): Promise<TestServer> {
  const user = await serverUser();
  const server = await provideServer(options.major === undefined ? await installedMajors() : [options.major], {
    user,
    cache: systemFolders().cache,
    signal: new AbortController().signal,
    log: () => {},
  });
  const folder = await createTemporaryFolder('server');
  await chown(folder, user.uid, user.gid);
  const title = basename(folder);
  const cluster: Cluster = { ...server, dataDir: join(folder, 'data'), user };
  const port = options.tcp ? await freePort() : SOCKET_PORT;
  const settings = {
    ...FAST_SETTINGS,
    port: String(port),
    listen_addresses: options.tcp ? '127.0.0.1' : '',
    unix_socket_directories: quoteFolder(folder),
    ...options.settings,
  };
  const kill9 = () => killClusterProcesses(title);
  const start = async () => {
    await clearCrash(cluster.dataDir, title);
    await startCluster(cluster, title, 'server.log');
  };
  const remove = () => removeServer(folder);

  try {
    await createCluster(cluster, folder, settings, options.initdbArgs ?? []);
    await start();
  } catch (error) {
    await remove();
    throw error;
  }

  return {
    major: server.major,
    dataDir: cluster.dataDir,
    url: (database = 'postgres', { user = SUPERUSER, password = PASSWORD, tcp = false } = {}) =>
      tcp
        ? `postgresql://${encodeURIComponent(user)}:${encodeURIComponent(password)}@127.0.0.1:${port}/${encodeURIComponent(database)}`
        : socketUrl({ folder, port, user, database }),
    async pid() {
      const file = await readPostmasterFile(cluster.dataDir);
      if (!file) throw new Error('the server is stopped');
      return file.pid;
    },
    stop: () => stopPostmaster(cluster.dataDir, title),
    kill9,
    start,
    [Symbol.asyncDispose]: remove,
  };
}

/** Ends and removes the servers of test runs that were killed. */
export async function removeAbandonedServers(): Promise<void> {
  for (const folder of await listAbandonedFolders('server')) await removeServer(folder);
}

async function removeServer(folder: string): Promise<void> {
  await killClusterProcesses(basename(folder));
  await rm(folder, { recursive: true, force: true });
}

/** Trust on the socket, whose folder only its owner and root may enter; passwords over TCP. */
async function createCluster(
  cluster: Cluster,
  folder: string,
  settings: Record<string, string>,
  initdbArgs: readonly string[],
): Promise<void> {
  const passwordFile = join(folder, 'password');
  await writeFile(passwordFile, PASSWORD, { mode: 0o600 });
  await chown(passwordFile, cluster.user.uid, cluster.user.gid);
  const auth = ['--auth-local=trust', '--auth-host=scram-sha-256', '--pwfile', passwordFile, '--no-sync'];
  await initCluster(cluster, { superuser: SUPERUSER, args: [...auth, ...initdbArgs] });
  await writeFile(join(cluster.dataDir, 'postgresql.conf'), formatSettings(settings), { flag: 'a' });
}
