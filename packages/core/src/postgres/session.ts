import pg from 'pg';
import { type CopyOptions, copyFrom } from './copy-from.ts';
import type { Queryable, Result } from './database.ts';
import { serverError } from './server-error.ts';
import { clientConfig, type DatabaseTarget } from './target.ts';
import { typeParsers } from './type-parsers.ts';

/** One connection, held by one owner until disposed: for work that lives in a transaction of its own. */
export interface Session extends Queryable, AsyncDisposable {
  /** See `copyFrom`. */
  copyFrom(sql: string, chunks: AsyncIterable<Uint8Array>, options?: CopyOptions): Promise<number>;
}

export interface SessionOptions {
  readonly applicationName: string;
  /** Server settings, in force from the first statement on. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/**
 * Opens a connection. When `signal` aborts it is cut, and the statement under way fails; the server notices by
 * itself. Throws what `serverError` says.
 */
export async function openSession(target: DatabaseTarget, options: SessionOptions): Promise<Session> {
  const { applicationName, settings = {}, signal } = options;
  signal?.throwIfAborted();
  const client = new pg.Client({ ...clientConfig(target, applicationName, settings), types: typeParsers });
  // Without a listener a connection lost between two statements would end the process; the next statement says so.
  client.on('error', () => undefined);
  const cut = () => void client.end().catch(() => undefined);
  try {
    await client.connect();
  } catch (error) {
    cut();
    throw serverError(error, target);
  }
  signal?.addEventListener('abort', cut, { once: true });

  /** What an abort has cut off fails with its reason. */
  const run = async <T>(work: () => Promise<T>): Promise<T> => {
    signal?.throwIfAborted();
    try {
      return await work();
    } catch (error) {
      signal?.throwIfAborted();
      throw serverError(error, target);
    }
  };

  return {
    query: <Row>(sql: string, params?: readonly unknown[]): Promise<Result<Row>> =>
      run(async () => {
        const { rows, rowCount } = await client.query(sql, params as unknown[] | undefined);
        return { rows: rows as Row[], rowCount: rowCount ?? 0 };
      }),
    copyFrom: (sql, chunks, options) => run(() => copyFrom(client, sql, chunks, options)),
    async [Symbol.asyncDispose]() {
      signal?.removeEventListener('abort', cut);
      await client.end().catch(() => undefined);
    },
  };
}
