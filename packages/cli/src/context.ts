import { migrateAudit } from '@datasens/core/audit/migrate.ts';
import { mirrorJournal } from '@datasens/core/audit/mirror-journal.ts';
import { type Config, parseConfig } from '@datasens/core/config.ts';
import type { Encryption } from '@datasens/core/crypto/encryption.ts';
import { type Identities, readIdentities } from '@datasens/core/crypto/identities.ts';
import type { Log, SourceDeps } from '@datasens/core/deps.ts';
import { AppError } from '@datasens/core/errors.ts';
import { listClientTools } from '@datasens/core/postgres/client-tools.ts';
import { openDatabase } from '@datasens/core/postgres/pool.ts';
import { type DatabaseTarget, parseDatabaseUrl } from '@datasens/core/postgres/target.ts';
import { openStore } from '@datasens/core/storage/open-store.ts';
import { embeddedPostgres } from '@datasens/local/embedded/embedded-postgres.ts';
import { currentUser } from './current-user.ts';
import { printable } from './output.ts';

/** What a verb works with. The one who opened it disposes of it; the embedded server goes on. */
export interface CliContext extends AsyncDisposable {
  readonly deps: SourceDeps;
  readonly config: Config;
  /** Who acts: the system user. */
  readonly user: string;
}

/**
 * Opens everything a job needs: configuration, the embedded PostgreSQL where no URL is set, the storage, and the audit
 * database, migrated, its journal's mirror caught up, unless that is not yet the bucket's journal.
 */
export async function openContext(
  signal: AbortSignal,
  { catchUp = true }: { readonly catchUp?: boolean } = {},
): Promise<CliContext> {
  const config = parseConfig(process.env);
  const log = logToStderr;
  const store = await openStore(config.storage, config.s3);
  const embedded =
    config.audit && config.sources.has('default') ? undefined : await embeddedTarget(config, signal, log);
  const sources = embedded ? new Map([['default', embedded], ...config.sources]) : config.sources;
  const audit = config.audit ?? embedded;
  if (!audit) throw new AppError('ConfigError', 'there is no audit database: set AUDIT_DATABASE_URL or DATABASE_URL');
  await migrateAudit(audit, log);
  const db = openDatabase(audit);
  const deps: SourceDeps = {
    db,
    store,
    now: () => new Date(),
    signal,
    log,
    sources,
    toolSearch: { binDir: config.binDir },
    encryption: encryptionOf(config, log),
  };
  // What a killed command left in the outbox. A storage that is down stops nobody from reading the audit.
  if (catchUp) {
    await mirrorJournal(deps).catch((error: unknown) => log(`the journal's mirror is behind: ${String(error)}`));
  }
  return { deps, config, user: currentUser(), [Symbol.asyncDispose]: () => db.end() };
}

/** The keys of the configuration. The identities are read when they are needed, once. */
function encryptionOf({ recipients, sensitive, identity }: Config, log: Log): Encryption {
  let read: Promise<Identities> | undefined;
  return {
    recipients,
    rules: sensitive,
    async identities() {
      if (!identity) return undefined;
      read ??= readIdentities(identity, log);
      return await read;
    },
  };
}

/** Where the embedded server is to be reached, started if it does not run. */
export async function embeddedTarget(config: Config, signal: AbortSignal, log: Log): Promise<DatabaseTarget> {
  const tools = await listClientTools({ binDir: config.binDir });
  const majors = [...new Set(tools.map((found) => found.major))];
  const { url } = await embeddedPostgres({ home: config.home, signal, log, majors });
  return parseDatabaseUrl(url, 'the embedded PostgreSQL');
}

export const logToStderr: Log = (message, fields = {}) => {
  const suffix = Object.keys(fields).length > 0 ? ` ${JSON.stringify(fields)}` : '';
  process.stderr.write(`datasens: ${printable(message + suffix)}\n`);
};
