import type { ImportPath } from '@datasens/core/audit/import-entry.ts';
import { runImport } from '@datasens/core/import/run-import.ts';
import { openFileSource } from '@datasens/core/import/source/file-source.ts';
import { openDatabase } from '@datasens/core/postgres/pool.ts';
import type { DatabaseTarget } from '@datasens/core/postgres/target.ts';
import { openStore } from '@datasens/core/storage/open-store.ts';
import { generatedSource } from './generated-source.ts';
import { printMeasure } from './import-measure.ts';

/** The audit database is migrated, and the table is not there or empty. */
export interface ImportOnceRequest {
  readonly target: DatabaseTarget;
  readonly audit: DatabaseTarget;
  readonly storage: string;
  /** A file, or so many bytes that are generated. */
  readonly file: string | number;
  readonly table: string;
  readonly wanted: ImportPath;
}

/** A process of its own: imports one file, and prints what it cost as JSON. */
const { target, audit, storage, file, table, wanted }: ImportOnceRequest = JSON.parse(process.argv[2] ?? '');
await using db = openDatabase(audit);
await using source = typeof file === 'number' ? generatedSource(file) : await openFileSource(file);
const started = performance.now();
const result = await runImport(
  {
    db,
    store: await openStore(storage, {}),
    now: () => new Date(),
    signal: new AbortController().signal,
    log: () => undefined,
    sources: new Map([['default', target]]),
    toolSearch: {},
  },
  {
    source,
    into: 'default',
    table,
    ifExists: 'append',
    force: true,
    user: 'bench',
    // A word that stands nowhere: it changes the path, and nothing else.
    ...(wanted === 'tolerant' && source.uri.endsWith('.csv') ? { nullWords: ['<none>'] } : {}),
  },
);
if (result.path !== wanted) throw new Error(`expected the ${wanted} path, got ${result.path}: ${result.pathBecause}`);
printMeasure(started, result.rowsInserted);
