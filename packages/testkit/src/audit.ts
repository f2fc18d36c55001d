import { randomBytes } from 'node:crypto';
import { migrateAudit } from '@datasens/core/audit/migrate.ts';
import type { NewDump } from '@datasens/core/audit/new-dump.ts';
import type { Deps } from '@datasens/core/deps.ts';
import { openDatabase } from '@datasens/core/postgres/pool.ts';
import { parseDatabaseUrl } from '@datasens/core/postgres/target.ts';
import { type DatabaseOptions, type TestDatabase, testDatabase } from './database.ts';
import { type TestStore, testStore } from './stores.ts';

/** A migrated audit database and an empty store, as a job is given them. Disposing of it removes both. */
export interface TestAudit extends Deps, AsyncDisposable {
  /** The superuser's view of the same database, for what no job would do. */
  readonly server: TestDatabase;
  /** The place of the store, which the test may damage. */
  readonly storage: TestStore;
}

export interface AuditOptions extends DatabaseOptions {
  /** Runs before the migration. */
  readonly before?: string;
  /** Instead of one of the project's kind. */
  readonly storage?: TestStore;
}

export async function testAudit({ before, storage, ...options }: AuditOptions = {}): Promise<TestAudit> {
  const server = await testDatabase(options);
  if (before) await server.sql(before);
  return await auditOn(server, storage);
}

/** The same on a database that the test has prepared; disposing of the audit removes that, too. */
export async function auditOn(server: TestDatabase, given?: TestStore): Promise<TestAudit> {
  const storage = given ?? (await testStore());
  const target = parseDatabaseUrl(server.url, 'test');
  await migrateAudit(target);
  const db = openDatabase(target);
  return {
    server,
    storage,
    db,
    store: storage.store,
    now: () => new Date(),
    signal: new AbortController().signal,
    log: () => undefined,
    async [Symbol.asyncDispose]() {
      await db.end();
      await server[Symbol.asyncDispose]();
      await storage[Symbol.asyncDispose]();
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
