import type { ServerUser } from './server-user.ts';

/** The role and the database that are there from the start. */
export const OWNER = 'datasens';
export const PORT = 5432;

/** Of the server as a whole. Folders are relative to the data directory, so that a home can be moved. */
export const SERVER_SETTINGS = {
  // Reached through the socket alone, whose folder is private to the server's user.
  listen_addresses: '',
  port: String(PORT),
  unix_socket_directories: '..',
  unix_socket_permissions: '0700',
  // One machine, no replicas: a load into a new table need not pass through the log.
  wal_level: 'minimal',
  max_wal_senders: '0',
  checkpoint_timeout: '15min',
  // A restore in one transaction holds a lock on each of its tables.
  max_locks_per_transaction: '512',
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  // A file per day of the week, each overwritten a week later.
  logging_collector: 'on',
  log_directory: '../log',
  log_filename: '%a.log',
  log_truncate_on_rotation: 'on',
  log_rotation_age: '1d',
  log_rotation_size: '0',
  // Rows must not end up in a log: details, context and statements hold them.
  log_error_verbosity: 'terse',
  log_min_error_statement: 'panic',
} as const;

/** `pg_hba.conf`: the owner by who the operating system says it is, other roles by password. */
export const HBA_LINES = `local all ${OWNER} peer map=${OWNER}\nlocal all all scram-sha-256\n`;

/** `pg_ident.conf`: root and the user who runs the server are the owner. */
export function identLines(user: ServerUser): string {
  const quote = (name: string) => `"${name.replaceAll('"', '""')}"`;
  return ['root', user.name].map((name) => `${OWNER} ${quote(name)} ${OWNER}\n`).join('');
}
