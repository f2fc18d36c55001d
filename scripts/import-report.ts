/**
 * Holds the import of other formats against files that other programs wrote, with what they wrote beside, and writes
 * docs/import-conformance.md.
 *
 *     npm run report:import
 *
 * Needs Python 3.10 or later, with venv, and a package index: the programs are installed into the user's cache folder.
 */
import { execFile } from 'node:child_process';
import { access, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { openSession } from '@datasens/core/postgres/session.ts';
import { parseDatabaseUrl } from '@datasens/core/postgres/target.ts';
import { embeddedPostgres, stopEmbeddedPostgres } from '@datasens/local/embedded/embedded-postgres.ts';
import { readFormatCases } from '@datasens/testkit/format-cases/format-case.ts';
import { judgeParquet } from '@datasens/testkit/format-cases/judge-parquet.ts';
import { conformanceDocument, type JudgedCase } from './import-report/conformance-document.ts';

const PACKAGES = ['pyarrow==26.0.1', 'pandas==3.1.1', 'polars==2.1.0', 'duckdb==2.0.1', 'fastparquet==2026.9.0'];
const run = promisify(execFile);
const { signal } = new AbortController();

const home = await mkdtemp(join(tmpdir(), 'datasens-report-'));
const judged: JudgedCase[] = [];
try {
  const python = await providePython();
  const cases = join(home, 'parquet');
  await run(python, [resolve(import.meta.dirname, 'import-report/write-parquet.py'), cases]);
  const { url } = await embeddedPostgres({ home, signal, log: console.error });
  await using session = await openSession(parseDatabaseUrl(url, 'the embedded PostgreSQL'), {
    applicationName: 'report',
    settings: { TimeZone: 'UTC', DateStyle: 'ISO, YMD', extra_float_digits: '1' },
  });
  for (const one of await readFormatCases(cases, '.parquet')) {
    const binary = await judgeParquet(session, one, 'binary');
    judged.push({ ...one, binary, text: await judgeParquet(session, one, 'text') });
  }
} finally {
  await stopEmbeddedPostgres(home, signal);
  await rm(home, { recursive: true, force: true });
}
const document = resolve(import.meta.dirname, '../docs/import-conformance.md');
await writeFile(document, conformanceDocument(judged));
const silent = judged.filter(({ binary, text }) =>
  [binary, text].some(({ outcome }) => outcome === 'silently different'),
);
console.log(`${judged.length} files, ${silent.length} silently different: ${document}`);
process.exitCode = silent.length === 0 ? 0 : 1;

/** A Python of our own with the packages, kept between runs. */
async function providePython(): Promise<string> {
  const folder = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'datasens', 'import-report');
  const python = join(folder, 'bin', 'python');
  await mkdir(folder, { recursive: true });
  await access(python).catch(() => run('python3', ['-m', 'venv', folder]));
  await run(python, ['-m', 'pip', 'install', '--quiet', ...PACKAGES]);
  return python;
}
