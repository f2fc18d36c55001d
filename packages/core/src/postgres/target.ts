import { userInfo } from 'node:os';
import type { ClientConfig } from 'pg';
import { parse, toClientConfig } from 'pg-connection-string';
import { AppError } from '../errors.ts';
import { rdsToken } from './rds-token.ts';

/** One database on one server, parsed once; `pg` and the client tools are both configured from it. */
export interface DatabaseTarget {
  /** A host name, an address, or the absolute path of a socket directory. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password?: string;
  /** Whether each connection has a token of RDS in place of a password. */
  readonly signed?: boolean;
  readonly database: string;
  /** libpq's TLS parameters, as given in the URL. */
  readonly tls: Readonly<Partial<Record<TlsParameter, string>>>;
}

const TLS_PARAMETERS = ['sslmode', 'sslrootcert', 'sslcert', 'sslkey'] as const;
type TlsParameter = (typeof TLS_PARAMETERS)[number];
const KNOWN_PARAMETERS = new Set<string>([...TLS_PARAMETERS, 'host', 'port', 'user', 'password', 'application_name']);

/**
 * Parses a libpq connection URI (PostgreSQL manual, "Connection URIs"). `label` names it in errors, which never hold
 * the URL itself: it may contain a password. Throws `ConfigError`.
 */
export function parseDatabaseUrl(url: string, label: string): DatabaseTarget {
  const fail = (problem: string) =>
    new AppError('ConfigError', `${label}: ${problem}. Expected postgresql://user:password@host:port/database`);
  if (!/^postgres(ql)?:\/\//.test(url)) throw fail('not a PostgreSQL URL');

  const parsed = parseUri(url, fail);
  const parameters = new URLSearchParams(url.split('?')[1] ?? '');
  const unknown = [...parameters.keys()].filter((key) => !KNOWN_PARAMETERS.has(key));
  if (unknown.length > 0) throw fail(`unknown parameter ${unknown.join(', ')}`);
  if (!parsed.host) throw fail('it names no host (a socket directory is written ?host=/var/run/postgresql)');
  if (parsed.host.includes(',')) throw fail('it names several hosts; name the one to dump from');
  const database = databaseOf(url, fail);
  const port = Number(parsed.port || 5432);
  if (!Number.isInteger(port) || port < 1 || port > 65535) throw fail('the port is not a number from 1 to 65535');

  const tls: Partial<Record<TlsParameter, string>> = {};
  for (const key of TLS_PARAMETERS) if (typeof parsed[key] === 'string') tls[key] = parsed[key];
  return {
    host: parsed.host,
    port,
    user: parsed.user || userInfo().username,
    ...(parsed.password ? { password: parsed.password } : {}),
    database,
    tls,
  };
}

function parseUri(url: string, fail: (problem: string) => AppError) {
  try {
    return parse(url, { useLibpqCompat: true });
  } catch (error) {
    // Only a missing certificate file has a message worth showing; the others may quote the URL.
    if (error instanceof Error && 'path' in error) throw fail(`cannot read ${String(error.path)}`);
    throw fail('it cannot be parsed (special characters in the password are percent-encoded)');
  }
}

function databaseOf(url: string, fail: (problem: string) => AppError): string {
  const path = /^[a-z]+:\/\/[^/?#]*\/([^?#]*)/.exec(url)?.[1] ?? '';
  try {
    const database = decodeURIComponent(path);
    if (database !== '' && !database.includes('\0')) return database;
  } catch {
    // Falls through: a malformed escape is as good as no name.
  }
  throw fail('it names no database');
}

/** `host:port/database`, or `dir/database` on a socket: what a person recognises, with no credentials in it. */
export function describeTarget(target: DatabaseTarget): string {
  return target.host.startsWith('/')
    ? `${target.host}/${target.database}`
    : `${target.host}:${target.port}/${target.database}`;
}

/** The same server and credentials, another database. */
export function withDatabase(target: DatabaseTarget, database: string): DatabaseTarget {
  return { ...target, database };
}

/** Server settings of a session, in the form that the start-up packet takes (`PGOPTIONS`, `options`). */
export function serverOptions(settings: Readonly<Record<string, string>>): string {
  return Object.entries(settings)
    .map(([name, value]) => `-c ${name}=${value.replaceAll(/[\\ ]/g, '\\$&')}`)
    .join(' ');
}

/**
 * Settings of every session that we open, ours and the tools': a server notices within seconds that its client is
 * gone, so that a killed process leaves no backend holding locks (design, invariant 10).
 */
export const KEEPALIVE_SETTINGS = {
  tcp_keepalives_idle: '30',
  tcp_keepalives_interval: '10',
  tcp_keepalives_count: '3',
  client_connection_check_interval: '2s',
} as const;

/** Configuration for a `pg` client or pool on `target`, with `settings` in force from its first statement on. */
export function clientConfig(
  target: DatabaseTarget,
  applicationName: string,
  settings: Readonly<Record<string, string>>,
): ClientConfig {
  const { ssl } = toClientConfig(
    parse(`postgresql://base/base?${new URLSearchParams({ ...target.tls })}`, { useLibpqCompat: true }),
  );
  return {
    host: target.host,
    port: target.port,
    user: target.user,
    password: target.signed ? () => rdsToken(target) : target.password,
    database: target.database,
    ssl: ssl ?? false,
    application_name: applicationName,
    options: serverOptions({ ...KEEPALIVE_SETTINGS, ...settings }),
    keepAlive: true,
    connectionTimeoutMillis: 10_000,
  };
}

/**
 * The environment in which a client tool reaches `target`. Credentials travel here, never in argv. Inherited `PG*`
 * variables are dropped, so that the URL alone decides; `PGPASSFILE` stays, for it holds no answer of its own.
 */
export function libpqEnvironment(
  target: DatabaseTarget,
  applicationName: string,
  settings: Readonly<Record<string, string>> = {},
): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = {};
  for (const [name, value] of Object.entries(process.env)) {
    if (!name.startsWith('PG') || name === 'PGPASSFILE') env[name] = value;
  }
  delete env.LC_ALL;
  return {
    ...env,
    // The tools' own messages are read for progress and shown in errors: always in English.
    LC_MESSAGES: 'C',
    LANGUAGE: 'C',
    PGHOST: target.host,
    PGPORT: String(target.port),
    PGUSER: target.user,
    PGDATABASE: target.database,
    PGAPPNAME: applicationName,
    PGCONNECT_TIMEOUT: '10',
    PGOPTIONS: serverOptions({ ...KEEPALIVE_SETTINGS, ...settings }),
    ...(target.password === undefined ? {} : { PGPASSWORD: target.password }),
    ...Object.fromEntries(Object.entries(target.tls).map(([name, value]) => [`PG${name.toUpperCase()}`, value])),
  };
}
