import type { Log } from '@datasens/core/deps.ts';
import { AppError } from '@datasens/core/errors.ts';
import { FETCHABLE_MAJORS, fetchServer } from './fetch-server.ts';
import { findServer } from './find-server.ts';
import type { ServerUser } from './server-user.ts';

/** The programs of a PostgreSQL server. */
export interface Server {
  readonly major: number;
  readonly binDir: string;
}

export interface ServerSearch {
  readonly user: ServerUser;
  /** Where fetched servers are kept. */
  readonly cache: string;
  readonly signal: AbortSignal;
  readonly log: Log;
}

/**
 * A server of one of these majors, the first that is installed, else the first that can be fetched.
 * Throws `ConfigError` if there is none of them to be had.
 */
export async function provideServer(majors: readonly number[], search: ServerSearch): Promise<Server> {
  for (const major of majors) {
    const binDir = await findServer(major, search.user);
    if (binDir) return { major, binDir };
  }
  const major = majors.find((candidate) => FETCHABLE_MAJORS.includes(candidate));
  if (major !== undefined) return { major, binDir: await fetchServer(major, search) };
  throw new AppError(
    'ConfigError',
    `no PostgreSQL server of version ${majors.join(' or ')} is installed, and none can be fetched: install one, or set DATABASE_URL`,
  );
}
