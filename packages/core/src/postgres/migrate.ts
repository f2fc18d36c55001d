import { readdir } from 'node:fs/promises';
import type { ClientBase } from 'pg';
import { AppError } from '../errors.ts';
import type { Queryable } from './database.ts';

/** SQL files `NNNNNN_name.sql`, forward only, and the table that records which of them have run. */
export interface Migrations {
  readonly folder: string;
  /** Columns: id serial, name, run_on (the session's now()). */
  readonly table: string;
  /** Those to run, without `.sql`. */
  readonly names: readonly string[];
}

const MIGRATION_FILE = /^\d{6}_\w+\.sql$/;

/** The names of the migrations in `folder`, without `.sql`, in the order in which they run. */
export async function migrationNames(folder: string): Promise<string[]> {
  const files = (await readdir(folder)).filter((file) => MIGRATION_FILE.test(file));
  return files.map((file) => file.slice(0, -'.sql'.length)).sort();
}

/**
 * Runs the migrations that `schema` has not seen, all in one transaction, and returns their names. The caller holds a
 * lock against other migrators on `session`, whose search_path is `schema` alone afterwards.
 *
 * Throws `ConfigError` for a schema name that cannot be passed on, and what `session.query` throws.
 */
export async function applyMigrations(
  session: Queryable,
  migrations: Migrations,
  schema: string,
): Promise<readonly string[]> {
  // The library writes the name into string literals and identifiers as it is.
  if (/['"\\]/.test(schema)) {
    throw new AppError('ConfigError', `the schema ${schema} has a quote in its name: put another first in search_path`);
  }
  // Loaded only when there is something to migrate: it is slow to load, and every command starts here.
  const { runner } = await import('node-pg-migrate');
  let failure: unknown;
  const client = {
    query: (sql: string, params?: readonly unknown[]) =>
      session.query(sql, params).catch((error: unknown) => {
        // The first failure is the cause; what follows it is the rollback.
        failure ??= error;
        throw error;
      }),
  };
  try {
    const applied = await runner({
      dbClient: client as unknown as ClientBase,
      dir: migrations.folder,
      ignorePattern: `(?!(?:${migrations.names.join('|')})\\.sql$).*`,
      // A database that was imported into may become an audit database: then earlier ones follow.
      checkOrder: false,
      migrationsTable: migrations.table,
      schema,
      direction: 'up',
      singleTransaction: true,
      noLock: true,
      logger: SILENT,
    });
    return applied.map(({ name }) => name);
  } catch (error) {
    // The library rewraps errors as text; the decision is in the one that our session threw.
    throw failure ?? error;
  }
}

const SILENT = { info: () => undefined, warn: () => undefined, error: () => undefined };
