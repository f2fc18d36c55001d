import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { findClientTools, toolPath } from '@datasens/core/postgres/client-tools.ts';
import { openSession } from '@datasens/core/postgres/session.ts';
import { libpqEnvironment, parseDatabaseUrl } from '@datasens/core/postgres/target.ts';

/** Lines of pg_dump that say which versions made it, or that are different on each run. */
const NOISE = /^(--.*|SET .*|SELECT pg_catalog\.set_config.*|\\(un)?restrict .*)$/;

/** `pg_dump --schema-only` of a database, in a form that is the same whichever major wrote it. */
export async function schemaSql(url: string): Promise<string> {
  const target = parseDatabaseUrl(url, 'schema');
  await using session = await openSession(target, { applicationName: 'datasens schema' });
  const { rows } = await session.query<{ major: number }>(
    `select current_setting('server_version_num')::int / 10000 as major`,
  );
  const tools = await findClientTools(rows[0]?.major ?? 0, { binDir: process.env.PG_BIN_DIR });
  const { stdout } = await promisify(execFile)(
    toolPath(tools, 'pg_dump'),
    ['--schema-only', '--no-owner', '--no-privileges'],
    { env: libpqEnvironment(target, 'datasens schema'), cwd: '/' },
  );
  const lines = stdout.split('\n').filter((line) => !NOISE.test(line));
  return `${lines
    .join('\n')
    .replace(/\n{2,}/g, '\n\n')
    .trim()}\n`;
}
