import type { Queryable } from '../postgres/database.ts';
import { quoteIdentifier } from '../postgres/quote.ts';
import { ADVISORY_CLASS } from './locks.ts';

const PREFIX = 'datasens_restore_';

/** The name of a database that a restore fills before it takes its own name. `tag` is eight hex digits of its own. */
export function temporaryName(dumpId: number, tag: string): string {
  return `${PREFIX}${dumpId}_${tag}`;
}

/**
 * Holds the lock that says that somebody is at work on the database of this tag, until the session ends. To be taken
 * before there is such a database, by the session that is to rename it: without the lock, nobody ever will.
 */
export async function lockTemporary(session: Queryable, tag: string): Promise<void> {
  await session.query(`select pg_advisory_lock($1::int, ('x' || $2)::bit(32)::int)`, [ADVISORY_CLASS, tag]);
}

/** The databases that restores left behind: named as such, and nobody is at work on them. */
export async function listAbandonedDatabases(session: Queryable): Promise<string[]> {
  const { rows } = await session.query<{ name: string }>(
    `select d.datname as name from pg_catalog.pg_database d
      where d.datname ~ ('^' || $1 || '\\d+_[0-9a-f]{8}$')
        and not exists (select from pg_catalog.pg_locks l
                         where l.locktype = 'advisory' and l.classid = $2::int8::oid
                           and l.objid = ('x' || right(d.datname, 8))::bit(32)::int8::oid)
      order by d.datname`,
    [PREFIX, ADVISORY_CLASS],
  );
  return rows.map((row) => row.name);
}

/** Drops one of them. Not by force: whoever is connected to it is told by the server's error. */
export async function dropAbandonedDatabase(session: Queryable, name: string): Promise<void> {
  await session.query(`drop database if exists ${quoteIdentifier(name)}`);
}
