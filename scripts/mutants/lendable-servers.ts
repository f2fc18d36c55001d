import { ask } from '@datasens/testkit/ask.ts';
import { type LentServers, lendServers } from '@datasens/testkit/lent-servers.ts';
import { S3_KINDS, s3Unavailable } from '@datasens/testkit/s3-binary.ts';
import { startS3Server } from '@datasens/testkit/s3-server.ts';
import { startServer } from '@datasens/testkit/server.ts';

/** The servers of test runs that follow one another. Disposing of it ends them. */
export interface LendableServers extends AsyncDisposable {
  /**
   * What the next run of tests of a project needs in its environment to use them. Started when they are first needed;
   * one that the run before ended, or left something on, is replaced by a new one.
   */
  environmentFor(project: string): Promise<Record<string, string>>;
}

export function lendableServers(): LendableServers {
  const postgres = renewable(startServer, async (server) => {
    const [row] = await ask(server.url(), COUNT_LEFT);
    return row?.[0] === 0;
  });
  const s3 = S3_KINDS.map((kind) =>
    renewable(
      () => startS3Server(kind, { log: console.log }),
      async ({ endpoint }) => (await fetch(endpoint)).status < 500,
    ),
  );
  return {
    async environmentFor(project) {
      if (project === 'unit') return {};
      const serverUrl = (await postgres.current()).url();
      // Without them the run itself says why it has none.
      if (project === 'integration' || (await s3Unavailable()) !== undefined) return lendServers({ serverUrl });
      const s3Servers: LentServers['s3Servers'] = await Promise.all(s3.map((server) => server.current()));
      return lendServers({ serverUrl, s3Servers: s3Servers.map(({ kind, endpoint }) => ({ kind, endpoint })) });
    },
    async [Symbol.asyncDispose]() {
      for (const server of [postgres, ...s3]) await server[Symbol.asyncDispose]();
    },
  };
}

/** Databases, roles, and what is in the superuser's own database: a new cluster's own have ids below 16384. */
const COUNT_LEFT = `select (select count(*) from pg_database where oid >= 16384)::int
  + (select count(*) from pg_authid where oid >= 16384)::int + (select count(*) from pg_class where oid >= 16384)::int`;

interface Renewable<T> extends AsyncDisposable {
  current(): Promise<T>;
}

function renewable<T extends AsyncDisposable>(
  start: () => Promise<T>,
  isAsNew: (current: T) => Promise<boolean>,
): Renewable<T> {
  let current: T | undefined;
  const dispose = async () => {
    const ending = current;
    current = undefined;
    await ending?.[Symbol.asyncDispose]();
  };
  return {
    async current() {
      if (current && !(await isAsNew(current).catch(() => false))) await dispose();
      current ??= await start();
      return current;
    },
    [Symbol.asyncDispose]: dispose,
  };
}
