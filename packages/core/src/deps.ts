import type { ProtectedTables } from './approval/protected-tables.ts';
import type { Encryption } from './crypto/encryption.ts';
import type { ToolSearch } from './postgres/client-tools.ts';
import type { Database } from './postgres/database.ts';
import type { DatabaseTarget } from './postgres/target.ts';
import type { BlobStore } from './storage/blob-store.ts';

/** One line for the operator. Fields are data, never secrets. */
export type Log = (message: string, fields?: Readonly<Record<string, unknown>>) => void;

/** What every job is given. A job is `(deps, input) => result` and reaches the world through these alone. */
export interface Deps {
  /** The audit database, migrated. Every session on it speaks UTC. */
  readonly db: Database;
  readonly store: BlobStore;
  readonly now: () => Date;
  readonly signal: AbortSignal;
  readonly log: Log;
  /** Absent where nothing is to be encrypted, and nothing encrypted can be read. */
  readonly encryption?: Encryption;
  /** The execution of a workflow that the job is a step of; failures are journalled with it. */
  readonly execution?: string;
  /** What nothing is written to without the approval of another person; `gold.*` where absent. */
  readonly protectedTables?: ProtectedTables;
}

/** What a job needs that works on databases by PostgreSQL's client tools. */
export interface SourceDeps extends Deps {
  /** The databases that may be dumped from and restored into, by name. */
  readonly sources: ReadonlyMap<string, DatabaseTarget>;
  readonly toolSearch: ToolSearch;
}
