import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { listClientTools, toolPath } from '@datasens/core/postgres/client-tools.ts';
import { CLONE } from './command.ts';

/** Where the demo's server is, as `datasens embedded start --json` tells. */
export interface Server {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
}

/** Runs psql, shown as a command, and returns what it prints. */
export async function psql(server: Server, args: readonly string[]): Promise<string> {
  const program = await findPsql();
  console.log(`\n$ psql ${args.map((arg) => (/^[\w./=-]+$/.test(arg) ? arg : `"${arg}"`)).join(' ')}`);
  const { stdout } = await promisify(execFile)(program, ['--no-psqlrc', '--set=ON_ERROR_STOP=1', ...args], {
    cwd: CLONE,
    env: {
      PATH: process.env.PATH,
      PGHOST: server.host,
      PGPORT: String(server.port),
      PGUSER: server.user,
      PGDATABASE: server.database,
      PGCLIENTENCODING: 'UTF8',
      PGOPTIONS: '-c client_min_messages=warning',
    },
  });
  return stdout;
}

/** The path of psql. */
export async function findPsql(): Promise<string> {
  const [tools] = await listClientTools({ binDir: process.env.PG_BIN_DIR });
  if (tools) return toolPath(tools, 'psql');
  throw new Error('found no client tools of PostgreSQL: install postgresql-client, or set PG_BIN_DIR');
}

/** A URL for another database of the server. */
export function urlOf({ host, port, user }: Server, database: string): string {
  return `postgresql://${encodeURIComponent(user)}@/${encodeURIComponent(database)}?${new URLSearchParams({ host, port: String(port) })}`;
}
