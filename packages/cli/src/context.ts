import { mirrorJournal } from '@datasens/core/audit/mirror-journal.ts';
import { type Config, parseConfig } from '@datasens/core/config.ts';
import type { Log, SourceDeps } from '@datasens/core/deps.ts';
import { openDeps } from '@datasens/core/open-deps.ts';
import { listClientTools } from '@datasens/core/postgres/client-tools.ts';
import { type DatabaseTarget, parseDatabaseUrl } from '@datasens/core/postgres/target.ts';
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
  const embedded =
    config.audit && config.sources.has('default') ? undefined : await embeddedTarget(config, signal, log);
  const opened = await openDeps(embedded ? withDefault(config, embedded) : config, { signal, log });
  const { deps } = opened;
  // What a killed command left in the outbox. A storage that is down stops nobody from reading the audit.
  if (catchUp) {
    await mirrorJournal(deps).catch((error: unknown) => log(`the journal's mirror is behind: ${String(error)}`));
  }
  return { deps, config, user: currentUser(), [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose]() };
}

/** The embedded server is the default source where none is named, and has the audit where no other has. */
function withDefault(config: Config, embedded: DatabaseTarget): Config {
  return { ...config, sources: new Map([['default', embedded], ...config.sources]), audit: config.audit ?? embedded };
}

/** Where the embedded server is to be reached, started if it does not run. */
export async function embeddedTarget(config: Config, signal: AbortSignal, log: Log): Promise<DatabaseTarget> {
  return parseDatabaseUrl(await embeddedUrl(config, signal, log), 'the embedded PostgreSQL');
}

/** The same, as those take it that are configured by the environment. */
export async function embeddedUrl(config: Config, signal: AbortSignal, log: Log): Promise<string> {
  const tools = await listClientTools({ binDir: config.binDir });
  const majors = [...new Set(tools.map((found) => found.major))];
  return (await embeddedPostgres({ home: config.home, signal, log, majors })).url;
}

export const logToStderr: Log = (message, fields = {}) => {
  const suffix = Object.keys(fields).length > 0 ? ` ${JSON.stringify(fields)}` : '';
  process.stderr.write(`datasens: ${printable(message + suffix)}\n`);
};
