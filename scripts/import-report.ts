/**
 * Holds the import of other formats against files that other programs wrote, with what they wrote beside, and writes
 * docs/import-conformance.md.
 *
 *     npm run report:import
 *
 * Needs Python 3.10 or later, with venv, and a package index: the programs are installed into the user's cache folder.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { migrateAudit } from '@datasens/core/audit/migrate.ts';
import type { ImportDeps } from '@datasens/core/import/import-request.ts';
import { openDatabase } from '@datasens/core/postgres/pool.ts';
import { parseDatabaseUrl } from '@datasens/core/postgres/target.ts';
import { openStore } from '@datasens/core/storage/open-store.ts';
import { embeddedPostgres, stopEmbeddedPostgres } from '@datasens/local/embedded/embedded-postgres.ts';
import { readJsonCases, readParquetCases } from '@datasens/testkit/format-cases/format-case.ts';
import { judgeImport } from '@datasens/testkit/format-cases/judge-import.ts';
import { conformanceDocument, isSilentlyDifferent, type JudgedCase } from './import-report/conformance-document.ts';
import { pythonWith } from './python.ts';

const PACKAGES = ['pyarrow==26.0.1', 'pandas==3.1.1', 'polars==2.1.0', 'duckdb==2.0.1', 'fastparquet==2026.9.0'];
const run = promisify(execFile);
const { signal } = new AbortController();

const home = await mkdtemp(join(tmpdir(), 'datasens-report-'));
const parquet: JudgedCase[] = [];
const json: JudgedCase[] = [];
try {
  const python = await pythonWith('import-report', PACKAGES);
  const cases = { parquet: join(home, 'parquet'), json: join(home, 'json') };
  for (const [format, folder] of Object.entries(cases)) {
    await run(python, [resolve(import.meta.dirname, `import-report/write-${format}.py`), folder]);
  }
  const { url } = await embeddedPostgres({ home, signal, log: console.error });
  const target = parseDatabaseUrl(url, 'the embedded PostgreSQL');
  await migrateAudit(target);
  await using db = openDatabase(target);
  const deps: ImportDeps = {
    db,
    store: await openStore(pathToFileURL(join(home, 'bucket')).href, {}),
    now: () => new Date(),
    signal,
    log: () => undefined,
    sources: new Map([['default', target]]),
    toolSearch: {},
  };
  for (const one of await readParquetCases(cases.parquet)) {
    const own = await judgeImport(deps, one, 'own');
    parquet.push({ ...one, own, tolerant: await judgeImport(deps, one, 'tolerant') });
  }
  for (const one of await readJsonCases(cases.json)) json.push({ ...one, own: await judgeImport(deps, one, 'own') });
} finally {
  await stopEmbeddedPostgres(home, signal);
  await rm(home, { recursive: true, force: true });
}
const document = resolve(import.meta.dirname, '../docs/import-conformance.md');
await writeFile(document, conformanceDocument(parquet, json));
const judged = [...parquet, ...json];
const silent = judged.filter(isSilentlyDifferent);
console.log(`${judged.length} files, ${silent.length} silently different: ${document}`);
process.exitCode = silent.length === 0 ? 0 : 1;
