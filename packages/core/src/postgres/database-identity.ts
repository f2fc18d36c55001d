import type { Queryable } from './database.ts';

/**
 * Whether two sessions are on one database as one role, and see the table `name` in one place: then what the first
 * can do to it, the second can in a transaction of its own.
 */
export async function isSameDatabase(a: Queryable, b: Queryable, name: string): Promise<boolean> {
  const [one, other] = await Promise.all([identify(a, name), identify(b, name)]);
  return one.table !== null && JSON.stringify(one) === JSON.stringify(other);
}

interface Identity {
  readonly started: string;
  readonly database: number;
  readonly role: string;
  readonly table: number | null;
}

async function identify(db: Queryable, name: string): Promise<Identity> {
  const { rows } = await db.query<Identity>(
    // Two servers do not start in the same microsecond and give their databases the same numbers, too.
    `select extract(epoch from pg_catalog.pg_postmaster_start_time())::text as started, oid::int8 as database,
            current_user::text as role, to_regclass($1)::oid::int8 as table
       from pg_catalog.pg_database where datname = current_database()`,
    [name],
  );
  const [identity] = rows;
  if (!identity) throw new Error('the database did not describe itself');
  return identity;
}
