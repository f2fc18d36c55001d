import { openSession, type Session } from '../postgres/session.ts';
import type { DatabaseTarget } from '../postgres/target.ts';

/**
 * Sessions that load. They read times and dates as the audit does, whatever the role's own settings: a file means the
 * same wherever it is imported. COPY may take as long as it takes; nobody waits long for a lock.
 */
const SETTINGS = {
  TimeZone: 'UTC',
  DateStyle: 'ISO, YMD',
  extra_float_digits: '3',
  synchronous_commit: 'on',
  statement_timeout: '0',
  lock_timeout: '0',
  idle_in_transaction_session_timeout: '600s',
} as const;

/** A session on the database that is imported into; when `signal` aborts it is cut. */
export function openLoadSession(target: DatabaseTarget, signal?: AbortSignal): Promise<Session> {
  return openSession(target, {
    applicationName: 'datasens import',
    settings: SETTINGS,
    ...(signal === undefined ? {} : { signal }),
  });
}
