import { randomBytes } from 'node:crypto';
import { lockTemporary, temporaryName } from '../audit/temporary-databases.ts';
import type { Manifest } from '../catalog/manifest.ts';
import type { Log } from '../deps.ts';
import { AppError, isAppError } from '../errors.ts';
import { askAgain } from '../postgres/ask-again.ts';
import { type Backend, backendOf, endBackend } from '../postgres/backend.ts';
import { type DecisiveStep, renamingOf } from '../postgres/decisive-step.ts';
import { quoteIdentifier, quoteLiteral } from '../postgres/quote.ts';
import { openMaintenance } from '../postgres/restore-target.ts';
import { sqlState } from '../postgres/server-error.ts';
import type { Session } from '../postgres/session.ts';
import { type DatabaseTarget, describeTarget, withDatabase } from '../postgres/target.ts';

const APPLICATION_NAME = 'datasens restore';
/** That a name is taken: by a database that is there, or by one that came while this was being renamed. */
const NAME_TAKEN = new Set(['42P04', '23505']);

/** A database that is not there yet for anybody else. Disposing of it drops it, unless it was renamed. */
export interface TemporaryDatabase extends AsyncDisposable {
  readonly target: DatabaseTarget;
  /** Throws `Transient` when the connection to the server is lost. */
  expectConnected(): Promise<void>;
  /** What `rename` is about to do. */
  renamingTo(name: string): Promise<DecisiveStep>;
  /** Gives it its final name. Throws `Conflict` when another database has taken that meanwhile. */
  rename(name: string): Promise<void>;
}

export interface TemporaryDatabaseOptions {
  /** A target on the server. */
  readonly server: DatabaseTarget;
  readonly dumpId: number;
  readonly serverMajor: number;
  /** Encoding and locale of what it will hold. */
  readonly source: Manifest['database'];
  /** Whether a locale that the server lacks is replaced by C: where only contents matter. */
  readonly anyLocale?: boolean;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/**
 * Creates a database with a name of its own, which says what it is for, and holds a lock that says that somebody is at
 * work on it. Throws `NotAllowed` without the right to create databases, `ConfigError` for a locale that the server
 * does not have.
 */
export async function createTemporaryDatabase(options: TemporaryDatabaseOptions): Promise<TemporaryDatabase> {
  const { server, dumpId, log, signal } = options;
  const tag = randomBytes(4).toString('hex');
  const name = temporaryName(dumpId, tag);
  const session = await openMaintenance(server, APPLICATION_NAME, signal);
  let backend: Backend | undefined;
  let renamed = false;
  const drop = async () => {
    await session[Symbol.asyncDispose]();
    if (renamed || !backend) return;
    // The session may be the reason why we are here: another one, which no signal ends.
    await dropDatabase(server, name, backend).catch((error: unknown) =>
      log(`left the database ${name} on ${describeTarget(server)}: ${String(error)}. Drop it`, { database: name }),
    );
  };
  try {
    const creator = await backendOf(session);
    backend = creator;
    // Before there is a database: nobody is to find one without its lock.
    await lockTemporary(session, tag);
    await createDatabase(session, name, options);
    const { rows } = await session.query<{ oid: number }>(
      'select oid::int8 as oid from pg_database where datname = $1',
      [name],
    );
    const oid = rows[0]?.oid ?? 0;
    return {
      target: withDatabase(server, name),
      async expectConnected() {
        await session.query('select');
      },
      renamingTo: (to) => renamingOf(session, oid, to, creator),
      async rename(to) {
        await renameDatabase(session, server, { name, to, oid, backend: creator });
        renamed = true;
      },
      [Symbol.asyncDispose]: drop,
    };
  } catch (error) {
    await drop();
    throw error;
  }
}

async function createDatabase(
  session: Session,
  name: string,
  { source, serverMajor, anyLocale = false, server }: TemporaryDatabaseOptions,
): Promise<void> {
  const create = `create database ${quoteIdentifier(name)} template template0 encoding ${quoteLiteral(source.encoding)}`;
  try {
    await session.query(`${create} ${localeOf(source, serverMajor)}`);
  } catch (error) {
    if (isAppError(error) || !source.locale) throw error;
    if (anyLocale) {
      await session.query(`${create} lc_collate 'C' lc_ctype 'C'`);
      return;
    }
    const { collate, ctype, locale } = source.locale;
    throw new AppError(
      'ConfigError',
      `${describeTarget(server)}: cannot create a database as the dump's was (${source.encoding}, ${collate}, ${ctype}` +
        `${locale ? `, ${locale}` : ''}): ${error instanceof Error ? error.message : String(error)}. Install the locale ` +
        `there, or create an empty database with another and restore into that`,
      { cause: error },
    );
  }
}

/** Which options there are depends on the major (CREATE DATABASE, PostgreSQL manual). */
function localeOf({ locale }: Manifest['database'], major: number): string {
  if (!locale) return '';
  const libc = `lc_collate ${quoteLiteral(locale.collate)} lc_ctype ${quoteLiteral(locale.ctype)}`;
  if (major < 15) return libc;
  if (locale.provider === 'libc') return `locale_provider libc ${libc}`;
  const rules = locale.icuRules ? ` icu_rules ${quoteLiteral(locale.icuRules)}` : '';
  const own = `${locale.provider}_locale ${quoteLiteral(locale.locale ?? '')}`;
  return `locale_provider ${locale.provider} ${own}${rules} ${libc}`;
}

interface Renaming {
  readonly name: string;
  readonly to: string;
  readonly oid: number;
  readonly backend: Backend;
}

async function renameDatabase(session: Session, server: DatabaseTarget, renaming: Renaming): Promise<void> {
  const { name, to } = renaming;
  try {
    // Nobody has business there; a monitoring session that looked in would keep it from being renamed.
    await session.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [name]);
    await session.query(`alter database ${quoteIdentifier(name)} rename to ${quoteIdentifier(to)}`);
  } catch (error) {
    if (NAME_TAKEN.has(sqlState(error) ?? '')) {
      throw new AppError(
        'Conflict',
        `${describeTarget(withDatabase(server, to))} was created by somebody else while the dump was being restored`,
        { cause: error },
      );
    }
    // A connection lost on the way says nothing, nor does the caller's signal: the server knows whether it was renamed.
    if ((await nameOf(server, renaming)) !== to) throw error;
  }
}

async function nameOf(server: DatabaseTarget, { name, to, oid, backend }: Renaming): Promise<string> {
  const known = await askAgain(
    () => openMaintenance(server, APPLICATION_NAME),
    async (session) => {
      await endBackend(session, backend);
      const { rows } = await session.query<{ name: string }>('select datname as name from pg_database where oid = $1', [
        oid,
      ]);
      return rows[0]?.name ?? '';
    },
  );
  if (known !== undefined) return known;
  throw new AppError(
    'Transient',
    `lost the connection to PostgreSQL at ${describeTarget(server)} while renaming the database ${name}. Where there ` +
      `is a database ${to} once the server is back, it is the restored one`,
  );
}

async function dropDatabase(server: DatabaseTarget, name: string, backend: Backend): Promise<void> {
  await using session = await openMaintenance(server, APPLICATION_NAME);
  // Otherwise a CREATE DATABASE whose connection was lost would come after the drop.
  await endBackend(session, backend);
  await session.query(`drop database if exists ${quoteIdentifier(name)} with (force)`);
}
