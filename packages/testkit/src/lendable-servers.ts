import { ask } from './ask.ts';
import { lendServers } from './lent-servers.ts';
import { S3_KINDS, s3Unavailable } from './s3-binary.ts';
import { startS3Server } from './s3-server.ts';
import { startServer } from './server.ts';
import { tcpServerOptions } from './tcp-server-setup.ts';

/** The projects whose functions run in containers (vitest.config.ts). */
const IN_CONTAINERS: ReadonlySet<string> = new Set(['lambda', 'container']);

/** The servers of test runs that follow one another. Disposing of it ends them. */
export interface LendableServers extends AsyncDisposable {
  /**
   * What the next run of tests of a project needs in its environment to use them. Started when they are first needed;
   * one that the run before ended, or left something on, is replaced by a new one.
   */
  environmentFor(project: string): Promise<Record<string, string>>;
}

export function lendableServers(): LendableServers {
  const postgres = renewable(startServer, (server) => isAsNew(server.url()));
  const overTcp = renewable(
    async () => await startServer(await tcpServerOptions()),
    (server) => isAsNew(server.url()),
  );
  const s3 = S3_KINDS.map((kind) =>
    renewable(
      () => startS3Server(kind, { log: console.log }),
      async ({ endpoint }) => (await fetch(endpoint)).status < 500,
    ),
  );
  return {
    async environmentFor(project) {
      if (project === 'unit' || project === 'infra') return {};
      const serverUrl = IN_CONTAINERS.has(project)
        ? (await overTcp.current()).url('postgres', { tcp: true })
        : (await postgres.current()).url();
      // Without them the run itself says why it has none.
      if (project === 'integration' || (await s3Unavailable()) !== undefined) return lendServers({ serverUrl });
      const servers = await Promise.all(s3.map((server) => server.current()));
      return lendServers({ serverUrl, s3Servers: servers.map(({ kind, endpoint }) => ({ kind, endpoint })) });
    },
    async [Symbol.asyncDispose]() {
      for (const server of [postgres, overTcp, ...s3]) await server[Symbol.asyncDispose]();
    },
  };
}

// The first that is not initdb's own (FirstNormalObjectId of access/transam.h).
const FIRST_ID = 16384;

/** Whether a server has no databases and roles but its own, and nothing is in the superuser's database. */
export async function isAsNew(serverUrl: string): Promise<boolean> {
  const catalogs = ['pg_database', 'pg_authid', 'pg_class', 'pg_namespace'];
  const left = catalogs.map((catalog) => `select from ${catalog} where oid >= ${FIRST_ID}`);
  return (await ask(serverUrl, left.join(' union all '))).length === 0;
}

interface Renewable<T> extends AsyncDisposable {
  /** The one there is, if it is still as new; else another. */
  current(): Promise<T>;
}

function renewable<T extends AsyncDisposable>(
  start: () => Promise<T>,
  isGood: (current: T) => Promise<boolean>,
): Renewable<T> {
  let current: T | undefined;
  const dispose = async () => {
    const ending = current;
    current = undefined;
    await ending?.[Symbol.asyncDispose]();
  };
  return {
    async current() {
      if (current && !(await isGood(current).catch(() => false))) await dispose();
      current ??= await start();
      return current;
    },
    [Symbol.asyncDispose]: dispose,
  };
}
