import type { Log } from '../deps.ts';
import { AppError } from '../errors.ts';
import type { Queryable } from '../postgres/database.ts';
import { applyMigrations, migrationNames } from '../postgres/migrate.ts';
import { AUDIT_SETTINGS } from '../postgres/pool.ts';
import { sqlState } from '../postgres/server-error.ts';
import { openSession } from '../postgres/session.ts';
import { type DatabaseTarget, describeTarget } from '../postgres/target.ts';
import { expectAdoptable } from './adopt-t38.ts';
import { lockSession } from './locks.ts';
import { migrationsFolder } from './migrations-folder.ts';
import { isMigrated } from './schema-state.ts';
import { LEDGER_TABLE, MIGRATION_TABLE } from './tables.ts';

/**
 * Brings the audit tables of a database to this build's schema, and returns the migrations that it ran: none, after
 * one query, where they have all run. A t38_dump_audit that is there already is adopted with its rows. Of several
 * migrators one works and the others wait; one that is killed leaves nothing half done.
 *
 * The tables live where the connection's search_path finds them, and are created in the schema that is first in it.
 *
 * Throws `ConfigError` for a schema that is newer than this build, damaged, or taken by other tables; `NotAllowed`,
 * naming the grant, for a role that may not create tables; `Transient` when the server cannot be reached.
 */
export async function migrateAudit(target: DatabaseTarget, log?: Log): Promise<{ applied: string[] }> {
  return migrate(target, 'audit', log);
}

/**
 * The same for a database that is imported into: of the audit's tables it needs the ledger alone. One that has the
 * audit has the ledger, too; one that becomes an audit database later is given the rest then.
 */
export async function migrateLedger(target: DatabaseTarget, log?: Log): Promise<{ applied: string[] }> {
  return migrate(target, 'ledger', log);
}

async function migrate(target: DatabaseTarget, part: 'audit' | 'ledger', log?: Log): Promise<{ applied: string[] }> {
  const folder = migrationsFolder();
  const known = await migrationNames(folder);
  const wanted = part === 'audit' ? known : known.filter((name) => name.endsWith(`_${LEDGER_TABLE}`));
  await using session = await openSession(target, { applicationName: 'datasens migrate', settings: AUDIT_SETTINGS });
  if (await isMigrated(session, known, wanted)) return { applied: [] };

  await lockSession(session, 'migrate');
  // Again, for somebody may have migrated while we waited.
  if (await isMigrated(session, known, wanted)) return { applied: [] };
  const schema = await auditSchema(session);
  if (part === 'audit') await expectAdoptable(session, schema);
  const migrations = { folder, table: MIGRATION_TABLE, names: wanted };
  const applied = await applyMigrations(session, migrations, schema).catch((error: unknown) => {
    throw occupied(error);
  });
  log?.(part === 'audit' ? 'migrated the audit database' : 'made the ledger of imports', {
    database: describeTarget(target),
    schema,
    applied,
  });
  return { applied: [...applied] };
}

/**
 * The schema that has, or is to have, the audit tables. One that search_path shows further down stays in use: a
 * schema that is created before it later must not start an empty audit.
 */
async function auditSchema(session: Queryable): Promise<string> {
  const { rows } = await session.query<{ schema: string | null; allowed: boolean; role: string }>(
    `select schema, has_schema_privilege(schema, 'CREATE') as allowed, current_user as role
     from (select coalesce(
             (select nspname from pg_class c join pg_namespace n on n.oid = relnamespace
              where c.oid = coalesce(to_regclass('${MIGRATION_TABLE}'), to_regclass('t38_dump_audit'))),
             current_schema()) as schema) as place`,
  );
  const [place] = rows;
  if (!place?.schema) {
    throw new AppError(
      'ConfigError',
      'no schema of the search_path exists: create one, or alter role … set search_path',
    );
  }
  if (!place.allowed) {
    throw new AppError(
      'NotAllowed',
      `the role ${place.role} may not create the audit tables: grant create on schema ${place.schema} to ${place.role}`,
    );
  }
  return place.schema;
}

const DUPLICATE_TABLE = '42P07';

function occupied(error: unknown): unknown {
  if (sqlState(error) !== DUPLICATE_TABLE) return error;
  return new AppError(
    'ConfigError',
    `${error instanceof Error ? error.message : String(error)}, but ${MIGRATION_TABLE} does not know of it. Bring ${MIGRATION_TABLE} back from a backup, or rename the table`,
    { cause: error },
  );
}
