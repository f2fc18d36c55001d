import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const STATEMENT = `update person set name = null where last_seen < :'before';`;

/** Takes the names out of rows that nobody has seen since a day. Called twice, it does it once. */
export async function handler({ input }) {
  const args = ['--no-psqlrc', '--set=ON_ERROR_STOP=1', `--set=before=${input.before}`, '--file=-'];
  const psql = promisify(execFile)('psql', args, { env: { ...process.env, ...connection() }, timeout: 240_000 });
  psql.child.stdin.end(STATEMENT);
  const { stdout } = await psql;
  return { said: stdout.trim() };
}

/** Of DATABASE_URL, as psql takes it from its environment: arguments are there for everybody to read. */
function connection() {
  const { hostname, port, username, password, pathname, searchParams } = new URL(process.env.DATABASE_URL);
  return {
    PGHOST: searchParams.get('host') ?? decodeURIComponent(hostname),
    PGPORT: searchParams.get('port') ?? port,
    PGUSER: decodeURIComponent(username),
    PGPASSWORD: decodeURIComponent(password),
    PGDATABASE: decodeURIComponent(pathname.slice(1)),
  };
}
