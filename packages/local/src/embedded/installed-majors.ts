import { AppError } from '@datasens/core/errors.ts';
import { listClientTools } from '@datasens/core/postgres/client-tools.ts';

/** The majors of the client tools that are installed, newest first. Throws `ConfigError` if there are none. */
export async function installedMajors(): Promise<number[]> {
  const tools = await listClientTools({ binDir: process.env.PG_BIN_DIR });
  if (tools.length > 0) return [...new Set(tools.map(({ major }) => major))];
  throw new AppError(
    'ConfigError',
    "PostgreSQL's client tools are not installed: run npm run setup, or set PG_BIN_DIR",
  );
}
