import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type DatabaseTarget, libpqEnvironment } from '@datasens/core/postgres/target.ts';

const run = promisify(execFile);
const PACKAGES = ['pandas==3.1.1', 'SQLAlchemy==2.1.9', 'psycopg2-binary==2.9.13'];
export const PANDAS_VERSION = PACKAGES.join(', ').replaceAll('==', ' ');

export interface SeedMeasure {
  readonly seconds: number;
  readonly rows: number;
  readonly peakRssMb: number;
}

/** A Python that has what the seed imports with. It is installed once, and kept for the next time. */
async function pandasPython(): Promise<string> {
  const folder = join(homedir(), '.cache/datasens/bench-pandas');
  const python = join(folder, 'bin/python');
  if (!existsSync(python)) await run('python3', ['-m', 'venv', folder]);
  await run(python, ['-m', 'pip', 'install', '--quiet', ...PACKAGES]);
  return python;
}

/** Imports a CSV into a table that is replaced, by the code of the seed. */
export async function seedImport(target: DatabaseTarget, path: string, table: string): Promise<SeedMeasure> {
  const program = join(import.meta.dirname, 'seed-import.py');
  const { stdout } = await run(await pandasPython(), [program, path, table], {
    env: { PATH: process.env.PATH, ...libpqEnvironment(target, 'bench') },
  });
  return JSON.parse(stdout) as SeedMeasure;
}
