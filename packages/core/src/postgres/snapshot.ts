import { AppError, isAppError } from '../errors.ts';
import type { Queryable } from './database.ts';
import type { DumpScope } from './dump-scope.ts';
import { PROOF_SETTINGS } from './proof.ts';
import { quoteQualified } from './quote.ts';
import { sqlState } from './server-error.ts';
import { openSession } from './session.ts';
import type { SourceTable } from './source-tables.ts';
import type { DatabaseTarget } from './target.ts';

/** A moment of a source database, held still: an exported snapshot, and the locks that make it true. */
export interface SourceSnapshot extends AsyncDisposable {
  /** For `pg_dump --snapshot` and `SET TRANSACTION SNAPSHOT`, while this object lives. */
  readonly id: string;
  /** What is dumped; each of its tables is locked ACCESS SHARE. */
  readonly scope: DumpScope;
  /** The session whose transaction holds snapshot and locks. */
  readonly session: Queryable;
  /**
   * Whether somebody waits for a lock that ours denies. Whoever asks for the same tables next, pg_dump for one,
   * queues behind that waiter, and so for as long as we hold on: only letting go helps.
   */
  hasWaiters(): Promise<boolean>;
}

const SETTINGS = { ...PROOF_SETTINGS, lock_timeout: '30s' } as const;

const ATTEMPTS = 5;
const UNDEFINED_TABLE = '42P01';
const INVALID_SCHEMA = '3F000';

export interface SnapshotOptions {
  readonly applicationName: string;
  /** What to dump; asked before and after the locks are taken. */
  readonly resolveScope: (db: Queryable) => Promise<DumpScope>;
  readonly signal: AbortSignal;
}

/**
 * Locks the source's tables, then exports a snapshot. In this order, because a snapshot taken before the locks can
 * disagree with what pg_dump reads: a TRUNCATE in between empties a table for every older snapshot.
 * Throws `Transient` when tables keep appearing and vanishing, or a lock is not to be had.
 */
export async function openSnapshot(target: DatabaseTarget, options: SnapshotOptions): Promise<SourceSnapshot> {
  const { applicationName, resolveScope, signal } = options;
  const session = await openSession(target, { applicationName, settings: SETTINGS, signal });
  try {
    // A setting since 17; older servers would refuse to start a session with it.
    await session.query(
      `select set_config(name, '0', false) from pg_catalog.pg_settings where name = 'transaction_timeout'`,
    );
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      const scope = await resolveScope(session);
      await session.query('begin isolation level repeatable read, read only');
      const { id, backend } = await lockAndExport(session, scope.tables);
      // A table created while we locked the others is in the snapshot without a lock: once more, with it.
      if (id !== undefined && sameTables(scope.tables, (await resolveScope(session)).tables)) {
        return {
          id,
          scope,
          session,
          hasWaiters: () => hasWaiters(target, applicationName, backend),
          [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
        };
      }
      await session.query('rollback');
    }
    throw new AppError('Transient', `the source's tables changed during each of ${ATTEMPTS} attempts to lock them`);
  } catch (error) {
    await session[Symbol.asyncDispose]();
    throw error;
  }
}

/** The snapshot's id, undefined when a table vanished before it was locked, and the process that holds it. */
async function lockAndExport(
  session: Queryable,
  tables: readonly SourceTable[],
): Promise<{ id?: string; backend?: number }> {
  try {
    // No query may come before the locks: the first one fixes the snapshot (SET TRANSACTION, PostgreSQL manual).
    if (tables.length > 0) {
      const names = tables.map(({ schema, name }) => `only ${quoteQualified(schema, name)}`);
      await session.query(`lock table ${names.join(', ')} in access share mode`);
    }
  } catch (error) {
    const state = sqlState(error);
    if (state === UNDEFINED_TABLE || state === INVALID_SCHEMA) return {};
    if (isAppError(error, 'NotAllowed')) {
      throw new AppError(
        'NotAllowed',
        `${error.message}. A dump reads every table: grant SELECT on it, or make the role a member of pg_read_all_data`,
        { cause: error },
      );
    }
    throw error;
  }
  const { rows } = await session.query<{ id: string; backend: number }>(
    'select pg_catalog.pg_export_snapshot() as id, pg_catalog.pg_backend_pid() as backend',
  );
  return rows[0] ?? {};
}

function sameTables(a: readonly SourceTable[], b: readonly SourceTable[]): boolean {
  const identity = ({ oid, schema, name }: SourceTable) => JSON.stringify([oid, schema, name]);
  const known = new Set(a.map(identity));
  return a.length === b.length && b.every((table) => known.has(identity(table)));
}

async function hasWaiters(
  target: DatabaseTarget,
  applicationName: string,
  backend: number | undefined,
): Promise<boolean> {
  // A session of its own: the snapshot's may be busy with the proof.
  await using session = await openSession(target, { applicationName });
  const { rows } = await session.query<{ waiting: boolean }>(
    `select exists (
       select from pg_catalog.pg_locks ours
         join pg_catalog.pg_locks theirs using (database, relation)
        where ours.pid = $1 and ours.granted
          and theirs.mode = 'AccessExclusiveLock' and not theirs.granted) as waiting`,
    [backend],
  );
  return rows[0]?.waiting ?? false;
}
