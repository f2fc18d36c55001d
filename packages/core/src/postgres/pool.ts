import pg from 'pg';
import type { Database, Queryable, Result } from './database.ts';
import { serverError } from './server-error.ts';
import { clientConfig, type DatabaseTarget } from './target.ts';
import { typeParsers } from './type-parsers.ts';

/**
 * Sessions on the audit tables: they speak UTC, because the tables' TIMESTAMPs are without time zone (design,
 * section 4), give numbers back as they went in, and report a commit only once it is durable, for the bucket is
 * written after it. None of them waits or idles for ever with locks held.
 */
export const AUDIT_SETTINGS = {
  TimeZone: 'UTC',
  DateStyle: 'ISO, YMD',
  extra_float_digits: '3',
  synchronous_commit: 'on',
  lock_timeout: '60s',
  statement_timeout: '120s',
  idle_in_transaction_session_timeout: '60s',
} as const;

export interface PoolOptions {
  readonly applicationName?: string;
  readonly max?: number;
}

/** A pool on the audit database. Connects when first used; errors are those of `serverError`. */
export function openDatabase(target: DatabaseTarget, options: PoolOptions = {}): Database {
  const { applicationName = 'datasens audit', max = 4 } = options;
  const pool = new pg.Pool({ ...clientConfig(target, applicationName, AUDIT_SETTINGS), types: typeParsers, max });
  // An idle connection that the server closes is replaced at the next use. One that is closed while somebody has it fails
  // their next statement, and there may be none: a session may only hold its locks. The error has no other reader.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));

  async function query<Row>(
    on: pg.Pool | pg.PoolClient,
    sql: string,
    params?: readonly unknown[],
  ): Promise<Result<Row>> {
    try {
      const { rows, rowCount } = await on.query(sql, params as unknown[] | undefined);
      return { rows: rows as Row[], rowCount: rowCount ?? 0 };
    } catch (error) {
      throw serverError(error, target);
    }
  }

  async function connect(): Promise<pg.PoolClient> {
    try {
      return await pool.connect();
    } catch (error) {
      throw serverError(error, target);
    }
  }

  return {
    query: (sql, params) => query(pool, sql, params),
    async transaction<T>(work: (tx: Queryable) => Promise<T>): Promise<T> {
      const client = await connect();
      let broken = false;
      try {
        const tx: Queryable = { query: (sql, params) => query(client, sql, params) };
        await tx.query('begin isolation level read committed');
        const result = await work(tx);
        await tx.query('commit');
        return result;
      } catch (error) {
        await client.query('rollback').catch(() => {
          broken = true;
        });
        throw error;
      } finally {
        client.release(broken);
      }
    },
    async session<T>(work: (session: Queryable) => Promise<T>): Promise<T> {
      const client = await connect();
      try {
        return await work({ query: (sql, params) => query(client, sql, params) });
      } finally {
        // The server takes its time to notice that a connection is gone: the next one may not find it locked.
        await client.query('select pg_advisory_unlock_all()').catch(() => undefined);
        client.release(true);
      }
    },
    end: () => pool.end(),
    [Symbol.asyncDispose]: () => pool.end(),
  };
}
