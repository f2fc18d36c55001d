import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import type { ImportPath } from '@datasens/core/audit/import-entry.ts';
import { migrateAudit } from '@datasens/core/audit/migrate.ts';
import { openSession } from '@datasens/core/postgres/session.ts';
import { parseDatabaseUrl } from '@datasens/core/postgres/target.ts';
import { embeddedPostgres, stopEmbeddedPostgres } from '@datasens/local/embedded/embedded-postgres.ts';
import type { GeneratedRequest } from './import/generated-once.ts';
import type { GeneratedFormat } from './import/generated-source.ts';
import type { ImportMeasure } from './import/import-measure.ts';
import type { ImportOnceRequest } from './import/import-once.ts';
import { writeParquet } from './import/python-peers.ts';
import { writeRows } from './import/write-rows.ts';
import { formatResult } from './report.ts';
import { type BenchResult, type BenchRow, machine, row, writeResult } from './result.ts';

/**
 * What memory an import takes, however large the file.
 *
 *     npm run bench:import-size -- [--gigabytes N] [--sink-gigabytes N] [--tolerant-gigabytes N] [--parquet-rows N]
 *
 * Needs Python, with venv, and a package index: pyarrow writes the Parquet.
 */
const run = promisify(execFile);
const { values } = parseArgs({
  options: {
    gigabytes: { type: 'string', default: '4' },
    'sink-gigabytes': { type: 'string', default: '50' },
    'tolerant-gigabytes': { type: 'string', default: '5' },
    'parquet-rows': { type: 'string', default: '1000000' },
  },
});
const RSS_BUDGET_MB = 350;
const TABLE = 'bench_import';
const NAMES: Readonly<Record<GeneratedFormat, string>> = { csv: 'CSV', ndjson: 'NDJSON', json: 'a JSON array' };

const before = machine();
/** Of each stream. */
const counts: Record<string, number> = {};
const rows: BenchRow[] = await intoPostgres(Number(values.gigabytes), Number(values['parquet-rows']));
rows.push(await intoNothing(Number(values['sink-gigabytes']), 'csv', 'fast'));
for (const format of ['csv', 'ndjson', 'json'] as const) {
  rows.push(await intoNothing(Number(values['tolerant-gigabytes']), format, 'tolerant'));
}
for (const format of ['ndjson', 'json'] as const) {
  rows.push(await intoNothing(Number(values['tolerant-gigabytes']), format, 'fast'));
}
const result: BenchResult = {
  bench: 'import-size',
  command: 'npm run bench:import-size',
  about:
    'CSV, NDJSON and an array of JSON that are generated on their way, the bench’s rows of imports again and again: into ' +
    'the embedded PostgreSQL as an import does it, and by the two paths without a server, which nothing but their own ' +
    'memory could hold up; and such rows as pyarrow writes Parquet, in one row group. ' +
    'Each in a process of its own, whose memory this is; what else the machine does at the time does not matter.',
  date: new Date().toISOString(),
  machine: before,
  subject: counts,
  rows,
};
await writeResult(result);
console.log(formatResult(result));

async function intoPostgres(gigabytes: number, parquetRows: number): Promise<BenchRow[]> {
  const home = join(tmpdir(), 'datasens-bench');
  const { signal } = new AbortController();
  const { url } = await embeddedPostgres({ home, signal, log: console.error });
  const target = parseDatabaseUrl(url, 'the embedded PostgreSQL');
  const work = await mkdtemp(join(tmpdir(), 'datasens-bench-'));
  const storage = pathToFileURL(join(work, 'bucket')).href;
  const dropTable = async () => {
    await using session = await openSession(target, { applicationName: 'bench' });
    await session.query(`drop table if exists ${TABLE}`);
  };
  const load = async (name: string, file: string | number) => {
    await dropTable();
    const request: ImportOnceRequest = { target, audit: target, storage, file, table: TABLE, wanted: 'fast' };
    return peakRss(name, await once('import-once.ts', request));
  };
  try {
    await migrateAudit(target);
    const csv = join(work, 'rows.csv');
    const parquet = join(work, 'rows.parquet');
    await writeRows(csv, parquetRows);
    await writeParquet(csv, parquet);
    return [
      await load(`${gigabytes} GB of CSV into PostgreSQL`, gigabytes * 1e9),
      await load(`a row group of ${parquetRows.toLocaleString('en')} rows into PostgreSQL`, parquet),
    ];
  } finally {
    await dropTable();
    await rm(work, { recursive: true, force: true });
    await stopEmbeddedPostgres(home, signal);
  }
}

async function intoNothing(gigabytes: number, format: GeneratedFormat, path: ImportPath): Promise<BenchRow> {
  const request: GeneratedRequest = { bytes: gigabytes * 1e9, format, path };
  return peakRss(
    `${gigabytes} GB of ${NAMES[format]} into nothing, ${path} path`,
    await once('generated-once.ts', request),
  );
}

function peakRss(name: string, measure: ImportMeasure): BenchRow {
  console.error(`${name}: ${JSON.stringify(measure)}`);
  counts[`rows of ${name}`] = measure.rows;
  return row(`peak RSS, ${name}`, 'MB', measure.peakRssMb, { with: RSS_BUDGET_MB, budget: 1 });
}

async function once(program: string, request: ImportOnceRequest | GeneratedRequest): Promise<ImportMeasure> {
  const command = [join(import.meta.dirname, 'import', program), JSON.stringify(request)];
  const { stdout } = await run(process.execPath, command);
  return JSON.parse(stdout) as ImportMeasure;
}
