import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type ClientTools, toolPath } from '@datasens/core/postgres/client-tools.ts';
import { type DatabaseTarget, libpqEnvironment } from '@datasens/core/postgres/target.ts';
import { pythonWith } from '../../scripts/python.ts';

const run = promisify(execFile);
const PACKAGES = ['pandas==3.1.1', 'SQLAlchemy==2.1.9', 'psycopg2-binary==2.9.13', 'pyarrow==26.0.1', 'duckdb==2.0.1'];
export const PANDAS_VERSION = PACKAGES.slice(0, 3).join(', ').replaceAll('==', ' ');

export interface SeedMeasure {
  readonly seconds: number;
  readonly rows: number;
  readonly peakRssMb: number;
}

/** What the peers need. */
const peersPython = () => pythonWith('bench-pandas', PACKAGES);

/** Imports a file into a table that is replaced, by the code of the seed: what it is, its name says. */
export async function seedImport(target: DatabaseTarget, path: string, table: string): Promise<SeedMeasure> {
  const program = join(import.meta.dirname, 'seed-import.py');
  const { stdout } = await run(await peersPython(), [program, path, table], {
    env: { PATH: process.env.PATH, ...libpqEnvironment(target, 'bench') },
  });
  return JSON.parse(stdout) as SeedMeasure;
}

/** Rewrites the CSV of the bench as Parquet. */
export async function writeParquet(csv: string, path: string): Promise<void> {
  await run(await peersPython(), [join(import.meta.dirname, 'write-parquet.py'), csv, path]);
}

export interface DuckDbImport {
  readonly path: string;
  readonly reader: 'read_parquet' | 'read_json';
  readonly table: string;
  readonly tools: ClientTools;
}

/** Imports a file as DuckDB reads it: as CSV, piped into psql. Seconds, the start of both included. */
export async function duckDbImport(
  target: DatabaseTarget,
  { path, reader, table, tools }: DuckDbImport,
): Promise<number> {
  const program = join(import.meta.dirname, 'duckdb-import.py');
  const python = await peersPython();
  const started = performance.now();
  await run(python, [program, path, reader, toolPath(tools, 'psql'), table], {
    env: { PATH: process.env.PATH, ...libpqEnvironment(target, 'bench') },
  });
  return (performance.now() - started) / 1_000;
}
