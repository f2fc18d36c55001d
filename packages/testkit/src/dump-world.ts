import type { SourceDeps } from '@datasens/core/deps.ts';
import { parseDatabaseUrl } from '@datasens/core/postgres/target.ts';
import type { BlobStore } from '@datasens/core/storage/blob-store.ts';
import { type TestAudit, testAudit } from './audit.ts';
import { type TestDatabase, testDatabase } from './database.ts';

/** Everything that a dump touches, for one test: a source, an audit database of its own, a folder as the bucket. */
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
  /** The bucket, where it is not a folder. */
  readonly store?: BlobStore;
}

export async function dumpWorld({ encoding, sourceUrl, binDir, store }: DumpWorldOptions = {}): Promise<DumpWorld> {
  const audit = await testAudit(store ? { store } : {});
  const source = await testDatabase(encoding === undefined ? {} : { encoding });
  const target = parseDatabaseUrl(sourceUrl ?? source.url, 'source');
  return {
    source,
    audit,
    deps: { ...audit, sources: new Map([['default', target]]), toolSearch: { binDir } },
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
