import { setTimeout as delay } from 'node:timers/promises';
import * as z from 'zod';
import type { Queryable } from './database.ts';

const END_WITHIN_MS = 30_000;
const LOOK_EVERY_MS = 20;

/** A process of the server: a number is given to others later. */
export const Backend = z.strictObject({ pid: z.int(), startedAt: z.string() });
export type Backend = z.infer<typeof Backend>;

/** The process that serves the session. */
export async function backendOf(session: Queryable): Promise<Backend> {
  const { rows } = await session.query<Backend>(
    `select pid, backend_start::text as "startedAt" from pg_stat_activity where pid = pg_backend_pid()`,
  );
  return rows[0] ?? { pid: 0, startedAt: 'epoch' };
}

/** Ends the process, and returns when it is gone: what it was doing when its connection was lost is done, or undone. */
export async function endBackend(session: Queryable, { pid, startedAt }: Backend): Promise<void> {
  for (const until = performance.now() + END_WITHIN_MS; performance.now() < until; ) {
    const { rows } = await session.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where pid = $1 and backend_start = $2::timestamptz`,
      [pid, startedAt],
    );
    if (rows.length === 0) return;
    await delay(LOOK_EVERY_MS);
  }
}
