import type { Encryption } from '@datasens/core/crypto/encryption.ts';
import type { SourceDeps } from '@datasens/core/deps.ts';
import { parseDatabaseUrl } from '@datasens/core/postgres/target.ts';
import { type TestAudit, testAudit } from './audit.ts';
import { type TestDatabase, testDatabase } from './database.ts';
import type { TestStore } from './stores.ts';

/** Everything that a dump touches, for one test: a source, an audit database of its own, an empty store. */
export interface DumpWorld extends AsyncDisposable {
  readonly source: TestDatabase;
  readonly audit: TestAudit;
  readonly deps: SourceDeps;
  /** The keys below `dumps/`, in order. */
  dumpKeys(): Promise<string[]>;
}

export interface DumpWorldOptions {
  readonly encoding?: string;
  /** The URL of the source, where it is not the test's own database. */
  readonly sourceUrl?: string;
  /** For `PG_BIN_DIR`. */
  readonly binDir?: string;
  /** Instead of one of the project's kind. */
  readonly storage?: TestStore;
  /** The keys of the machine. */
  readonly encryption?: Encryption;
}

export async function dumpWorld({
  encoding,
  sourceUrl,
  binDir,
  storage,
  encryption,
}: DumpWorldOptions = {}): Promise<DumpWorld> {
  const audit = await testAudit(storage ? { storage } : {});
  const source = await testDatabase(encoding === undefined ? {} : { encoding });
  const target = parseDatabaseUrl(sourceUrl ?? source.url, 'source');
  return {
    source,
    audit,
    deps: {
      ...audit,
      sources: new Map([['default', target]]),
      toolSearch: { binDir },
      ...(encryption ? { encryption } : {}),
    },
    async dumpKeys() {
      const keys: string[] = [];
      for (let cursor: string | undefined; ; ) {
        const { blobs, next } = await audit.store.list('dumps/', { cursor });
        keys.push(...blobs.map(({ key }) => key));
        if (next === undefined) return keys;
        cursor = next;
      }
    },
    async [Symbol.asyncDispose]() {
      await source[Symbol.asyncDispose]();
      await audit[Symbol.asyncDispose]();
    },
  };
}
