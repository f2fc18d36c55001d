import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '../errors.ts';
import { BACKEND_TEXT } from './backend-text.ts';
import { openSession } from './session.ts';
import { type DatabaseTarget, describeTarget } from './target.ts';

const LOOK_EVERY_MS = 500;

export interface LockWatchdog {
  /** The server process that may wait for locks. */
  readonly backend: number;
  /** How long it may wait without a break. */
  readonly patienceMs: number;
  /** Ends the watch. */
  readonly signal: AbortSignal;
  /** For the error: what the locks are on, and what to do once they are gone. */
  readonly on?: string;
  readonly remedy?: string;
}

/**
 * Returns when `signal` aborts, and throws `Transient` with the names of those who hold the locks when the backend has
 * waited for longer than its patience. Archives set `lock_timeout` to 0 (pg_restore), so that the server's own limit
 * does not serve.
 */
export async function watchLocks(target: DatabaseTarget, watch: LockWatchdog): Promise<void> {
  const { backend, patienceMs, signal, on = 'what is to be replaced', remedy = 'restore again' } = watch;
  const untilNextLook = () => delay(Math.min(LOOK_EVERY_MS, patienceMs), undefined, { signal }).catch(() => undefined);
  // Most locks are had at once: those cost no connection.
  await untilNextLook();
  if (signal.aborted) return;
  await using session = await openSession(target, { applicationName: 'datasens lock watchdog' });
  let waitingSince: number | undefined;
  while (!signal.aborted) {
    const { rows } = await session.query<{ holder: string }>(
      `select ${BACKEND_TEXT} as holder
         from pg_catalog.unnest(pg_catalog.pg_blocking_pids($1)) as blocking(pid)
         join pg_catalog.pg_stat_activity a using (pid)
        order by a.pid`,
      [backend],
    );
    const now = performance.now();
    waitingSince = rows.length > 0 ? (waitingSince ?? now) : undefined;
    if (waitingSince !== undefined && now - waitingSince >= patienceMs) {
      const holders = rows.map((row) => row.holder);
      throw new AppError(
        'Transient',
        `${describeTarget(target)}: other sessions hold locks on ${on}: ${holders.join('; ')}. ` +
          `Wait for them or end them (pg_terminate_backend), then ${remedy}`,
        { holders },
      );
    }
    await untilNextLook();
  }
}
