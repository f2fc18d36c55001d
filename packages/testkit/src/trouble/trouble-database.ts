import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { toolPath } from '@datasens/core/postgres/client-tools.ts';
import { quoteIdentifier, quoteLiteral } from '@datasens/core/postgres/quote.ts';
import { libpqEnvironment, parseDatabaseUrl } from '@datasens/core/postgres/target.ts';
import { inject } from 'vitest';
import { ask } from '../ask.ts';
import { type TestDatabase, testDatabase } from '../database.ts';
import { installedTools } from '../installed-tools.ts';

export interface TroubleOptions {
  /** False: without what takes a superuser, all of it owned by `owner`, who can dump and restore it. */
  readonly superuser?: boolean;
  readonly largeObjects?: boolean;
}

/** Roles that may log in. Their names need quotes, and differ from one trouble database to the next. */
export interface TroubleRoles {
  /** Owns most objects. */
  readonly owner: string;
  /** Named by privileges, default privileges and policies. */
  readonly reader: string;
  /** Named by privileges and, with a superuser, as an owner: for a target that does not have it. */
  readonly missing: string;
}

/** Disposing of it drops the roles, too, with all that they own in whichever database of the server. */
export interface TroubleDatabase extends TestDatabase {
  /** Of the database, as `owner`. */
  readonly ownerUrl: string;
  readonly roles: TroubleRoles;
}

/** The database of trouble.sql: everything that makes dumps and restores fail in practice. */
export async function troubleDatabase(options: TroubleOptions = {}): Promise<TroubleDatabase> {
  const { superuser = true, largeObjects = true } = options;
  const suffix = randomBytes(8).toString('hex');
  const roles = {
    owner: `propriétaire ${suffix}`,
    reader: `Lecteur "${suffix}"`,
    missing: `l'absent ${suffix}`,
  };
  const database = await testDatabase();
  const ownerUrl = as(roles.owner, database.url);
  const dispose = async () => {
    await database[Symbol.asyncDispose]();
    await dropRoles(Object.values(roles));
  };
  try {
    for (const role of Object.values(roles)) await database.sql(`create role ${quoteIdentifier(role)} login`);
    if (!superuser) await database.sql(`alter database ${database.name} owner to ${quoteIdentifier(roles.owner)}`);
    await load(superuser ? database.url : ownerUrl, { superuser, large_objects: largeObjects, ...roles });
  } catch (error) {
    await dispose();
    throw error;
  }
  return { ...database, ownerUrl, roles, [Symbol.asyncDispose]: dispose };
}

async function load(url: string, variables: Readonly<Record<string, string | boolean>>): Promise<void> {
  const tools = await installedTools();
  const set = Object.entries({ ON_ERROR_STOP: true, ...variables }).map(([name, value]) => `--set=${name}=${value}`);
  await promisify(execFile)(
    toolPath(tools, 'psql'),
    ['-X', '-q', '-1', ...set, '-o', '/dev/null', '-f', join(import.meta.dirname, 'trouble.sql')],
    { env: libpqEnvironment(parseDatabaseUrl(url, 'trouble'), 'datasens trouble'), cwd: '/' },
  );
}

function as(user: string, databaseUrl: string): string {
  const url = new URL(databaseUrl);
  url.username = user;
  url.password = '';
  return url.href;
}

/** Those that are still there: a test may have dropped one. Copies of what they own may be left in other databases. */
async function dropRoles(names: readonly string[]): Promise<void> {
  const server = inject('serverUrl');
  const list = names.map(quoteLiteral).join(', ');
  const left = await ask(server, `select quote_ident(rolname) from pg_roles where rolname in (${list})`);
  if (left.length === 0) return;
  const roles = left.map(([role]) => role).join(', ');
  const databases = await ask(
    server,
    `select distinct d.datname from pg_shdepend s join pg_database d on d.oid = s.dbid
       join pg_roles r on r.oid = s.refobjid and s.refclassid = 'pg_authid'::regclass where r.rolname in (${list})`,
  );
  for (const [name] of databases) {
    const url = new URL(server);
    url.pathname = `/${encodeURIComponent(String(name))}`;
    await ask(url.href, `drop owned by ${roles} cascade`);
  }
  // What is shared by all databases, then the databases themselves, which `drop owned` leaves.
  await ask(server, `drop owned by ${roles}`);
  await ask(server, `reassign owned by ${roles} to current_user`);
  await ask(server, `drop role ${roles}`);
}
