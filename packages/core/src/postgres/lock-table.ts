import type { Queryable } from './database.ts';
import { watchLocks } from './lock-watchdog.ts';
import { quoteQualified } from './quote.ts';
import type { RelationName } from './source-tables.ts';
import { type DatabaseTarget, describeTarget } from './target.ts';

export interface TableLock {
  readonly table: RelationName;
  readonly mode: 'row exclusive' | 'share row exclusive' | 'access exclusive';
  /** How long to wait without a break for those who hold it. */
  readonly patienceMs: number;
  readonly signal: AbortSignal;
}

/**
 * Locks a table until the transaction of `tx` ends. Throws `Transient` with the names of those who hold it when that
 * takes longer than the patience.
 */
export async function lockTable(
  target: DatabaseTarget,
  tx: Queryable,
  { table, mode, patienceMs, signal }: TableLock,
): Promise<void> {
  const name = quoteQualified(table.schema, table.name);
  const { rows } = await tx.query<{ pid: number }>('select pg_catalog.pg_backend_pid() as pid');
  const done = new AbortController();
  const locking = tx.query(`lock table ${name} in ${mode} mode`).finally(() => done.abort());
  const watching = watchLocks(target, {
    backend: rows[0]?.pid ?? 0,
    patienceMs,
    signal: AbortSignal.any([done.signal, signal]),
    on: `the table ${name} in ${describeTarget(target)}`,
    remedy: 'import again',
  });
  // The watch ends with the lock, or by its own error; the wait that it gives up ends with the session.
  locking.catch(() => undefined);
  await Promise.race([locking, watching.then(() => locking)]);
  await watching;
}
