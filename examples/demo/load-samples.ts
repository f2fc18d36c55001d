import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { listClientTools, toolPath } from '@datasens/core/postgres/client-tools.ts';
import { CLONE, type Datasens } from './command.ts';

const SAMPLES = ['examples/datasens/schema.sql', 'examples/datasens/data.sql'];

/** Builds the sample database in the embedded server, with psql; again and again, with the same result. */
export async function loadSamples(datasens: Datasens): Promise<void> {
  const server = JSON.parse(await datasens(['embedded', 'start', '--json']));
  const [tools] = await listClientTools({ binDir: process.env.PG_BIN_DIR });
  if (!tools) throw new Error('found no client tools of PostgreSQL: install postgresql-client, or set PG_BIN_DIR');
  const args = [
    '--no-psqlrc',
    '--single-transaction',
    '--set=ON_ERROR_STOP=1',
    ...SAMPLES.map((path) => `--file=${path}`),
  ];
  console.log(`\n$ psql ${args.join(' ')}`);
  await promisify(execFile)(toolPath(tools, 'psql'), args, {
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
}
