import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { migrateAudit } from '@datasens/core/audit/migrate.ts';
import { type ClientTools, findClientTools, toolPath } from '@datasens/core/postgres/client-tools.ts';
import {
  type DatabaseTarget,
  libpqEnvironment,
  parseDatabaseUrl,
  withDatabase,
} from '@datasens/core/postgres/target.ts';
import { embeddedPostgres, stopEmbeddedPostgres } from '@datasens/local/embedded/embedded-postgres.ts';

/** The embedded PostgreSQL as it comes. Disposing of it drops the databases that it was asked for, and stops it. */
export interface AuditServer extends AsyncDisposable {
  readonly tools: ClientTools;
  /** Of a database of it. */
  url(database: string): string;
  psql(target: DatabaseTarget, command: string): Promise<void>;
  /** An audit database with nothing but what its migration made; one of that name that was there before goes. */
  newAudit(database: string): Promise<DatabaseTarget>;
}

export async function auditServer(): Promise<AuditServer> {
  const home = join(tmpdir(), 'datasens-bench');
  const { signal } = new AbortController();
  const { url, major } = await embeddedPostgres({ home, signal, log: console.error });
  const server = parseDatabaseUrl(url, 'the embedded PostgreSQL');
  const tools = await findClientTools(major);
  const databases = new Set<string>();
  const psql = async (target: DatabaseTarget, command: string) => {
    const options = ['--no-psqlrc', '--quiet', '--output=/dev/null', '--set=ON_ERROR_STOP=1', `--command=${command}`];
    await promisify(execFile)(toolPath(tools, 'psql'), options, { env: libpqEnvironment(target, 'bench') });
  };
  return {
    tools,
    url(database) {
      const its = new URL(url);
      its.pathname = `/${database}`;
      return its.href;
    },
    psql,
    async newAudit(database) {
      databases.add(database);
      await psql(server, `drop database if exists ${database}`);
      await psql(server, `create database ${database}`);
      const audit = withDatabase(server, database);
      await migrateAudit(audit);
      return audit;
    },
    async [Symbol.asyncDispose]() {
      for (const database of databases) await psql(server, `drop database if exists ${database}`);
      await stopEmbeddedPostgres(home, signal);
    },
  };
}
