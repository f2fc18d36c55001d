import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { SourceDeps } from '@datasens/core/deps.ts';
import { parseDatabaseUrl } from '@datasens/core/postgres/target.ts';
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
}

export async function dumpWorld({ encoding, sourceUrl, binDir }: DumpWorldOptions = {}): Promise<DumpWorld> {
  const audit = await testAudit();
  const source = await testDatabase(encoding === undefined ? {} : { encoding });
  const target = parseDatabaseUrl(sourceUrl ?? source.url, 'source');
  return {
    source,
    audit,
    deps: { ...audit, sources: new Map([['default', target]]), toolSearch: { binDir } },
    async dumpKeys() {
      const files = await readdir(join(audit.root, 'dumps'), { recursive: true, withFileTypes: true }).catch(() => []);
      return files
        .filter((file) => file.isFile())
        .map((file) => join(file.parentPath, file.name).slice(audit.root.length + 1))
        .sort();
    },
    async [Symbol.asyncDispose]() {
      await source[Symbol.asyncDispose]();
      await audit[Symbol.asyncDispose]();
    },
  };
}
