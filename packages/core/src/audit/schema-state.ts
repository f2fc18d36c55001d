import { AppError } from '../errors.ts';
import type { Queryable } from '../postgres/database.ts';
import { sqlState } from '../postgres/server-error.ts';
import { GOVERNED_TABLES, MIGRATION_TABLE } from './tables.ts';

const UNDEFINED_TABLE = '42P01';
const INSUFFICIENT_PRIVILEGE = '42501';

/**
 * Whether all of the `wanted` migrations have run, in one query; `known` are all of this build. Throws `ConfigError` for a schema that is newer than
 * this build or has lost a table, `NotAllowed` for a role that may not read it.
 */
export async function isMigrated(
  db: Queryable,
  known: readonly string[],
  wanted: readonly string[] = known,
): Promise<boolean> {
  const state = await readState(db, wanted);
  if (!state) return false;
  const unknown = state.recorded.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    throw new AppError(
      'ConfigError',
      `the audit database is newer than this build: it has the migrations ${unknown.join(', ')}. Upgrade datasens`,
      { unknown },
    );
  }
  if (wanted.some((name) => !state.recorded.includes(name))) return false;
  if (state.astray.length > 0) {
    throw new AppError(
      'ConfigError',
      `${state.astray.join(', ')}: missing from the schema of ${MIGRATION_TABLE}, or hidden by a table of the same name. Put that schema first in the role's search_path, or bring the table back from a backup`,
      { astray: state.astray },
    );
  }
  return true;
}

interface State {
  /** The names of the migrations that have run. */
  recorded: string[];
  /** Tables of ours that do not stand beside the migration table. */
  astray: string[];
}

async function readState(db: Queryable, known: readonly string[]): Promise<State | undefined> {
  try {
    const { rows } = await db.query<State>(
      `select array(select name::text from ${MIGRATION_TABLE} order by id) as recorded,
              array(select name from unnest($1::text[]) as name
                    where (select relnamespace from pg_class where oid = to_regclass(name))
                          is distinct from
                          (select relnamespace from pg_class where oid = to_regclass('${MIGRATION_TABLE}'))) as astray`,
      [tablesOf(known)],
    );
    return rows[0];
  } catch (error) {
    if (sqlState(error) === UNDEFINED_TABLE) return undefined;
    if (sqlState(error) !== INSUFFICIENT_PRIVILEGE) throw error;
    throw new AppError(
      'NotAllowed',
      `the role may not read ${MIGRATION_TABLE}. Its owner runs: grant select on ${MIGRATION_TABLE} to the role; grant select, insert, update on ${tablesOf(known).join(', ')} to the role; and grant usage on their sequences`,
      { cause: error },
    );
  }
}

/** A migration that creates a table is named for it. */
function tablesOf(migrations: readonly string[]): string[] {
  const names = new Set(migrations.map((name) => name.replace(/^\d+_/, '')));
  return GOVERNED_TABLES.filter((table) => names.has(table));
}
