import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Encryption } from '@datasens/core/crypto/encryption.ts';
import type { SourceDeps } from '@datasens/core/deps.ts';
import type { ImportRequest, ImportResult } from '@datasens/core/import/import-request.ts';
import { runImport } from '@datasens/core/import/run-import.ts';
import { openFileSource } from '@datasens/core/import/source/file-source.ts';
import { parseDatabaseUrl } from '@datasens/core/postgres/target.ts';
import { auditOn, type TestAudit } from './audit.ts';
import { type DatabaseOptions, type TestDatabase, testDatabase } from './database.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** Everything that an import touches, for one test. */
export interface ImportWorld extends AsyncDisposable {
  /** The database that is imported into. */
  readonly target: TestDatabase;
  readonly audit: TestAudit;
  readonly deps: SourceDeps;
  /** Writes a file, and returns its path; the same name again is the same file. */
  file(content: string | Uint8Array, name?: string): Promise<string>;
  /** Imports a content into the table `t` of the target; `request` says what matters to the test. */
  load(content: string | Uint8Array, request?: Partial<ImportRequest>): Promise<ImportResult>;
  /** The same for a file that is there. */
  loadFile(path: string, request?: Partial<ImportRequest>): Promise<ImportResult>;
}

export interface ImportWorldOptions extends DatabaseOptions {
  /** Whether the audit has a database of its own. */
  readonly auditElsewhere?: boolean;
  /** The keys of the machine. */
  readonly encryption?: Encryption;
}

export async function importWorld({
  auditElsewhere = false,
  encryption,
  ...options
}: ImportWorldOptions = {}): Promise<ImportWorld> {
  const target = await testDatabase(options);
  const audit = await auditOn(auditElsewhere ? await testDatabase() : target);
  const folder = await temporaryFolder();
  const deps: SourceDeps = {
    ...audit,
    sources: new Map([['default', parseDatabaseUrl(target.url, 'target')]]),
    toolSearch: {},
    ...(encryption ? { encryption } : {}),
  };
  const file = async (content: string | Uint8Array, name = 'file.csv') => {
    const path = join(folder.path, name);
    await writeFile(path, content);
    return path;
  };
  const loadFile = async (path: string, request: Partial<ImportRequest> = {}) => {
    await using source = await openFileSource(path);
    return await runImport(deps, {
      source,
      into: 'default',
      table: 't',
      ifExists: 'append',
      user: 'claire',
      ...request,
    });
  };
  return {
    target,
    audit,
    deps,
    file,
    loadFile,
    load: async (content, request) => loadFile(await file(content), request),
    async [Symbol.asyncDispose]() {
      await audit[Symbol.asyncDispose]();
      await target[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}
