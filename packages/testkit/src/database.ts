import { randomBytes } from 'node:crypto';
import { Client, escapeIdentifier, escapeLiteral, Pool } from 'pg';
import { inject } from 'vitest';
// For the type of what `inject` gives.
import type {} from './global-setup.ts';

export interface DatabaseOptions {
  /** UTF8 by default. With any other, the locale is C: it is the one that goes with every encoding. */
  readonly encoding?: string;
  /** The database that it starts as a copy of; nobody may be connected to that one. */
  readonly template?: string;
  /** The superuser's URL of a server of the test's own, instead of the shared one. */
  readonly serverUrl?: string;
}

/** A database of one test on the shared server. Disposing of it drops it, whoever is still connected. */
export interface TestDatabase extends AsyncDisposable {
  readonly name: string;
  /** The superuser's URL of it. */
  readonly url: string;
  /** Runs one statement, on any of a few sessions, and returns its rows. */
  sql<Row = Record<string, unknown>>(text: string, params?: readonly unknown[]): Promise<Row[]>;
  /** Closes the sessions of `sql`; the database stays. Done by disposing, too. */
  end(): Promise<void>;
}

/** Creates a database with a name of its own. Needs the integration run's global set-up. */
export async function testDatabase({
  encoding,
  template,
  serverUrl = inject('serverUrl'),
}: DatabaseOptions = {}): Promise<TestDatabase> {
  const name = `test_${randomBytes(8).toString('hex')}`;
  const url = urlOf(name, serverUrl);
  const copied = `${copyOf(encoding, template)} ${await cheapestCopy(serverUrl)}`;
  await asAdmin(`create database ${escapeIdentifier(name)} ${copied}`, serverUrl);

  let pool: Pool | undefined;
  const end = async () => {
    const ending = pool;
    pool = undefined;
    await ending?.end();
  };
  return {
    name,
    url,
    async sql<Row>(text: string, params: readonly unknown[] = []) {
      pool ??= openPool(url);
      const { rows } = await pool.query(text, [...params]);
      return rows as Row[];
    },
    end,
    async [Symbol.asyncDispose]() {
      await end();
      await asAdmin(`drop database if exists ${escapeIdentifier(name)} with (force)`, serverUrl);
    },
  };
}

/** A name under which there is no database yet. Disposing of it drops what has got that name meanwhile. */
export function futureDatabase(): Omit<TestDatabase, 'end'> {
  const name = `test_${randomBytes(8).toString('hex')}`;
  const url = urlOf(name);
  return {
    name,
    url,
    async sql<Row>(text: string, params: readonly unknown[] = []) {
      const client = new Client({ connectionString: url });
      await client.connect();
      try {
        return (await client.query(text, [...params])).rows as Row[];
      } finally {
        await client.end();
      }
    },
    async [Symbol.asyncDispose]() {
      await asAdmin(`drop database if exists ${escapeIdentifier(name)} with (force)`);
    },
  };
}

function urlOf(database: string, serverUrl = inject('serverUrl')): string {
  const url = new URL(serverUrl);
  url.pathname = `/${database}`;
  return url.href;
}

function copyOf(encoding: string | undefined, template: string | undefined): string {
  if (template) return `template ${escapeIdentifier(template)}`;
  return encoding ? `template template0 encoding ${escapeLiteral(encoding)} lc_collate 'C' lc_ctype 'C'` : '';
}

function openPool(connectionString: string): Pool {
  const pool = new Pool({ connectionString, max: 4, allowExitOnIdle: true });
  // An idle session that the server ends is no failure of the test: the next statement opens another.
  pool.on('error', () => {});
  return pool;
}

let sharedAdmin: Pool | undefined;

/** Runs one statement as the superuser: on the shared server over sessions of the process, for there are thousands of statements. */
async function asAdmin<Row = unknown>(statement: string, serverUrl = inject('serverUrl')): Promise<Row[]> {
  if (serverUrl === inject('serverUrl')) {
    sharedAdmin ??= openPool(serverUrl);
    return (await sharedAdmin.query(statement)).rows;
  }
  // One of the test's own, which may end it at any time.
  const client = new Client({ connectionString: serverUrl });
  await client.connect();
  try {
    return (await client.query(statement)).rows;
  } finally {
    await client.end();
  }
}

const copies = new Map<string, Promise<string>>();

/** Copies files, as before PostgreSQL 15: for one database after another it takes half the time of a copy by way of the WAL. */
function cheapestCopy(serverUrl: string): Promise<string> {
  let copy = copies.get(serverUrl);
  if (!copy) {
    const major = asAdmin<{ major: number }>(
      `select current_setting('server_version_num')::int / 10000 as major`,
      serverUrl,
    );
    copy = major.then(([server]) => (server && server.major >= 15 ? 'strategy file_copy' : ''));
    copies.set(serverUrl, copy);
  }
  return copy;
}
