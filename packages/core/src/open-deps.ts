import { migrateAudit } from './audit/migrate.ts';
import type { Config } from './config.ts';
import type { Encryption } from './crypto/encryption.ts';
import { type Identities, readIdentities } from './crypto/identities.ts';
import type { Log, SourceDeps } from './deps.ts';
import { AppError } from './errors.ts';
import { openDatabase } from './postgres/pool.ts';
import { openStore } from './storage/open-store.ts';

export interface OpenedDeps extends AsyncDisposable {
  readonly deps: SourceDeps;
}

/**
 * Opens what every job is given: the storage, and the audit database, migrated. Whoever opens it disposes of it. Throws
 * `ConfigError` where no audit database is configured, and what storage and migrations throw.
 */
export async function openDeps(
  config: Config,
  { signal, log, execution }: { readonly signal: AbortSignal; readonly log: Log; readonly execution?: string },
): Promise<OpenedDeps> {
  const { audit, sources } = config;
  if (!audit) throw new AppError('ConfigError', 'there is no audit database: set AUDIT_DATABASE_URL or DATABASE_URL');
  const store = await openStore(config.storage, config.s3);
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
    protectedTables: config.protectedTables,
    ...(execution === undefined ? {} : { execution }),
  };
  return { deps, [Symbol.asyncDispose]: () => db.end() };
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
