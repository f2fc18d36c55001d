import { statfs } from 'node:fs/promises';
import { isAppError } from '../errors.ts';
import type { Queryable } from './database.ts';
import { sqlState } from './server-error.ts';
import { openSession } from './session.ts';
import { listSourceTables, type RelationName } from './source-tables.ts';
import { type DatabaseTarget, withDatabase } from './target.ts';

/** A database to restore into, as it is before anything is done to it. */
export interface RestoreTarget {
  /** Whether there is such a database. */
  readonly exists: boolean;
  /** Some of the objects that stand in it, as the server describes them; extensions and what `ignore` names apart. */
  readonly objects: readonly string[];
  /** Its tables, as SQL writes them. */
  readonly tables: readonly string[];
  readonly serverMajor: number;
  /** The most locks that one transaction could get if nobody else had any. */
  readonly lockCapacity: number;
  /** Whether the role could make the server run programs or read its files: it is not to run a script. */
  readonly allPowerful: boolean;
  readonly schemas: readonly string[];
  /** Extensions without configuration tables, which a dump would fill. */
  readonly extensions: readonly string[];
  /** On the disk of the data directory, where that can be known: with a server on this machine. */
  readonly freeBytes?: number;
}

const MOST_OBJECTS = 20;

/**
 * Describes the database and its server. One that is not there is asked for on the server's `postgres` or `template1`.
 * Throws `Transient`, `NotAllowed`, and `NotFound` when none of them can be connected to.
 */
export async function describeRestoreTarget(
  target: DatabaseTarget,
  ignore: (db: Queryable) => Promise<readonly (RelationName & { readonly oid: number })[]>,
  signal: AbortSignal,
): Promise<RestoreTarget> {
  const applicationName = 'datasens preflight';
  const { exists, session } = await openSession(target, { applicationName, signal }).then(
    (opened) => ({ exists: true, session: opened }),
    async (error: unknown) => {
      if (!isAppError(error, 'NotFound')) throw error;
      return { exists: false, session: await openMaintenance(target, applicationName, signal) };
    },
  );
  await using _ = session;
  const { rows } = await session.query<{
    major: number;
    locks: number;
    powerful: boolean;
    schemas: string[];
    extensions: string[];
  }>(
    `select current_setting('server_version_num')::int / 10000 as major,
            current_setting('max_locks_per_transaction')::int8
              * (current_setting('max_connections')::int8 + current_setting('max_prepared_transactions')::int8) as locks,
            (select rolsuper from pg_catalog.pg_roles where rolname = current_user)
              or pg_has_role('pg_execute_server_program', 'member')
              or pg_has_role('pg_read_server_files', 'member')
              or pg_has_role('pg_write_server_files', 'member') as powerful,
            array(select nspname::text from pg_catalog.pg_namespace where nspname !~ '^pg_') as schemas,
            array(select extname::text from pg_catalog.pg_extension where extconfig is null) as extensions`,
  );
  const [row] = rows;
  if (!row) throw new Error('the server did not describe itself');
  const freeBytes = target.host.startsWith('/') ? await freeSpace(session) : undefined;
  return {
    exists,
    objects: exists ? await listObjects(session, await ignore(session)) : [],
    tables: exists ? (await listSourceTables(session)).map(({ display }) => display) : [],
    serverMajor: row.major,
    lockCapacity: row.locks,
    allPowerful: row.powerful,
    schemas: exists ? row.schemas : ['public'],
    extensions: exists ? row.extensions : [],
    ...(freeBytes === undefined ? {} : { freeBytes }),
  };
}

/** A session from which databases can be created and renamed: in one that every server has. */
export async function openMaintenance(target: DatabaseTarget, applicationName: string, signal?: AbortSignal) {
  const options = { applicationName, ...(signal ? { signal } : {}) };
  try {
    return await openSession(withDatabase(target, 'postgres'), options);
  } catch (error) {
    if (!isAppError(error, 'NotFound')) throw error;
    return await openSession(withDatabase(target, 'template1'), options);
  }
}

/** What makes a database not empty: everything that a user made (its oid tells), but for members of extensions. */
async function listObjects(session: Queryable, ignored: readonly { readonly oid: number }[]): Promise<string[]> {
  const kinds = [
    ['pg_class', `relkind not in ('i', 'I', 't') and relpersistence <> 't'`],
    ['pg_proc', 'true'],
    // Row types and arrays come with what they belong to.
    [
      'pg_type',
      `typelem = 0 and (typrelid = 0 or exists (select from pg_catalog.pg_class c where c.oid = typrelid and c.relkind = 'c'))`,
    ],
    // A schema that is there for the sake of what is ignored is no more the user's than that.
    [
      'pg_namespace',
      `nspname !~ '^pg_' and not exists (select from pg_catalog.pg_class c where c.relnamespace = o.oid and c.oid = any($1::oid[]))`,
    ],
    ['pg_operator', 'true'],
    ['pg_collation', 'true'],
    ['pg_ts_config', 'true'],
    ['pg_ts_dict', 'true'],
    ['pg_event_trigger', 'true'],
    ['pg_publication', 'true'],
    ['pg_foreign_data_wrapper', 'true'],
    ['pg_foreign_server', 'true'],
  ];
  const found = kinds.map(
    ([catalog, condition]) =>
      `(select '${catalog}'::pg_catalog.regclass as classid, o.oid from pg_catalog.${catalog} o
         where o.oid >= 16384 and (${condition}) and o.oid <> all($1::oid[])
           and not exists (select from pg_catalog.pg_depend d
                            where d.classid = '${catalog}'::pg_catalog.regclass and d.objid = o.oid and d.deptype in ('e', 'i'))
         order by o.oid limit ${MOST_OBJECTS})`,
  );
  const { rows } = await session.query<{ object: string }>(
    `select pg_catalog.pg_describe_object(classid, oid, 0) as object
       from (${found.join(' union all ')}
             union all
             (select 'pg_largeobject'::pg_catalog.regclass, m.oid from pg_catalog.pg_largeobject_metadata m limit 1)) o
      order by object limit ${MOST_OBJECTS}`,
    [ignored.map(({ oid }) => oid)],
  );
  return rows.map(({ object }) => object);
}

/** Undefined where the server does not tell its data directory, or it is not this machine's. */
async function freeSpace(session: Queryable): Promise<number | undefined> {
  try {
    const { rows } = await session.query<{ folder: string }>(`select current_setting('data_directory') as folder`);
    const { bavail, bsize } = await statfs(rows[0]?.folder ?? '');
    return bavail * bsize;
  } catch (error) {
    if (sqlState(error) === undefined && isAppError(error)) throw error;
    return undefined;
  }
}
