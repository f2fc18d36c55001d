import { randomBytes } from 'node:crypto';
import { migrateAudit } from '@datasens/core/audit/migrate.ts';
import type { NewDump } from '@datasens/core/audit/new-dump.ts';
import type { Deps } from '@datasens/core/deps.ts';
import { openDatabase } from '@datasens/core/postgres/pool.ts';
import { parseDatabaseUrl } from '@datasens/core/postgres/target.ts';
import type { BlobStore } from '@datasens/core/storage/blob-store.ts';
import { fileStore } from '@datasens/core/storage/file.ts';
import { type DatabaseOptions, type TestDatabase, testDatabase } from './database.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** A migrated audit database and an empty store, as a job is given them. Disposing of it removes both. */
export interface TestAudit extends Deps, AsyncDisposable {
  /** The superuser's view of the same database, for what no job would do. */
  readonly server: TestDatabase;
  /** The folder of the store, where it is one. */
  readonly root: string;
}

export interface AuditOptions extends DatabaseOptions {
  /** Runs before the migration. */
  readonly before?: string;
  /** Instead of a folder. */
  readonly store?: BlobStore;
}

export async function testAudit({ before, store, ...options }: AuditOptions = {}): Promise<TestAudit> {
  const server = await testDatabase(options);
  if (before) await server.sql(before);
  return await auditOn(server, store);
}

/** The same on a database that the test has prepared; disposing of the audit removes that, too. */
export async function auditOn(server: TestDatabase, store?: BlobStore): Promise<TestAudit> {
  const folder = await temporaryFolder();
  const root = folder.path;
  const target = parseDatabaseUrl(server.url, 'test');
  await migrateAudit(target);
  const db = openDatabase(target);
  return {
    server,
    root,
    db,
    store: store ?? fileStore(root),
    now: () => new Date(),
    signal: new AbortController().signal,
    log: () => undefined,
    async [Symbol.asyncDispose]() {
      await db.end();
      await server[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** A dump as `recordDump` takes it, with a key of its own; `overrides` say what matters to the test. */
export function newDump(overrides: Partial<NewDump> & { dumpId: number }): NewDump {
  const key = overrides.key ?? `dumps/sql/default/${overrides.dumpId}-${randomBytes(4).toString('hex')}/data.dump`;
  return {
    type: 'SQL',
    key,
    uri: `file:///store/${key}`,
    sizeBytes: 5_242_881,
    sha256: 'ab'.repeat(32),
    createdAt: new Date('2026-11-01T10:00:00.120Z'),
    user: 'claire',
    ...overrides,
  };
}
