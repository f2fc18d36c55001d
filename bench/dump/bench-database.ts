import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { migrateAudit } from '@datasens/core/audit/migrate.ts';
import { findClientTools, toolPath } from '@datasens/core/postgres/client-tools.ts';
import {
  type DatabaseTarget,
  libpqEnvironment,
  parseDatabaseUrl,
  withDatabase,
} from '@datasens/core/postgres/target.ts';
import { embeddedPostgres, stopEmbeddedPostgres } from '@datasens/local/embedded/embedded-postgres.ts';

const run = promisify(execFile);
/** Changes with database.sql. */
const DATABASE = 'bench_dump_1';

export interface BenchDatabase extends AsyncDisposable {
  readonly target: DatabaseTarget;
  readonly url: string;
  /** A migrated database beside it, for the audit. */
  readonly audit: DatabaseTarget;
  readonly auditUrl: string;
  readonly major: number;
}

/** The embedded PostgreSQL, as it comes, with the database to dump: built once, kept in `home` from run to run. */
export async function benchDatabase(home: string): Promise<BenchDatabase> {
  const { signal } = new AbortController();
  const { url, major } = await embeddedPostgres({ home, signal, log: console.error });
  const server = parseDatabaseUrl(url, 'the embedded PostgreSQL');
  const target = withDatabase(server, DATABASE);
  const tools = await findClientTools(major);
  const psql = (args: string[]) =>
    run(toolPath(tools, 'psql'), ['--no-psqlrc', '--quiet', '--tuples-only', '--set=ON_ERROR_STOP=1', ...args], {
      env: libpqEnvironment(server, 'bench'),
    });
  const databases = (await psql(['--command=select datname from pg_database'])).stdout
    .split('\n')
    .map((name) => name.trim());
  if (!databases.includes(DATABASE)) {
    console.error('building a database of 1 GB, once');
    const unfinished = `${DATABASE}_unfinished`;
    await psql([`--command=drop database if exists ${unfinished}`]);
    await psql([`--command=create database ${unfinished}`]);
    await psql([`--dbname=${unfinished}`, `--file=${join(import.meta.dirname, 'database.sql')}`]);
    await psql([`--dbname=${unfinished}`, '--command=vacuum (freeze, analyze)', '--command=checkpoint']);
    await psql([`--command=alter database ${unfinished} rename to ${DATABASE}`]);
  }
  await migrateAudit(server);
  const urlOfTarget = new URL(url);
  urlOfTarget.pathname = `/${DATABASE}`;
  return {
    target,
    url: urlOfTarget.href,
    audit: server,
    auditUrl: url,
    major,
    [Symbol.asyncDispose]: () => stopEmbeddedPostgres(home, signal),
  };
}
