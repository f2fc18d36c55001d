import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { isAppError } from '@datasens/core/errors.ts';
import { runServerTool } from './server-tool.ts';
import type { ServerUser } from './server-user.ts';

/**
 * The folder of an installed PostgreSQL server of this major that `user` may execute: `PG_BIN_DIR`, then where
 * Debian, Red Hat, Alpine, Homebrew and Postgres.app put it, then PATH. Undefined if there is none.
 */
export async function findServer(
  major: number,
  user: ServerUser,
  env: NodeJS.ProcessEnv = process.env,
): Promise<string | undefined> {
  for (const binDir of serverFolders(major, env)) {
    if ((await serverMajor(binDir, user)) === major) return binDir;
  }
  return undefined;
}

/** The major version of the server whose programs are in `binDir`; undefined if `user` cannot run it. */
export async function serverMajor(binDir: string, user: ServerUser): Promise<number | undefined> {
  for (const name of ['initdb', 'pg_ctl', 'postgres']) {
    const executable = await access(join(binDir, name), constants.X_OK).then(
      () => true,
      () => false,
    );
    if (!executable) return undefined;
  }
  try {
    const version = await runServerTool({ binDir, name: 'postgres' }, ['--version'], { user, cwd: '/' });
    return Number(/\(PostgreSQL\) (\d+)/.exec(version)?.[1]);
  } catch (error) {
    if (isAppError(error, 'ToolFailed')) return undefined;
    throw error;
  }
}

function serverFolders(major: number, env: NodeJS.ProcessEnv): string[] {
  return [
    ...(env.PG_BIN_DIR ? [env.PG_BIN_DIR] : []),
    `/usr/lib/postgresql/${major}/bin`,
    `/usr/pgsql-${major}/bin`,
    `/usr/libexec/postgresql${major}`,
    `/opt/homebrew/opt/postgresql@${major}/bin`,
    `/usr/local/opt/postgresql@${major}/bin`,
    `/home/linuxbrew/.linuxbrew/opt/postgresql@${major}/bin`,
    `/Applications/Postgres.app/Contents/Versions/${major}/bin`,
    ...(env.PATH ?? '').split(delimiter).filter(Boolean),
  ];
}
