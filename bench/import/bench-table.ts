import { execFile } from 'node:child_process';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import type { ImportPath } from '@datasens/core/audit/import-entry.ts';
import { type ClientTools, toolPath } from '@datasens/core/postgres/client-tools.ts';
import { type DatabaseTarget, libpqEnvironment } from '@datasens/core/postgres/target.ts';
import { bundle } from '../../scripts/bundle.ts';
import type { ImportMeasure } from './import-measure.ts';
import type { ImportOnceRequest } from './import-once.ts';
import { COLUMNS } from './write-rows.ts';

const run = promisify(execFile);
export const TABLE = 'bench_import';

/** A file of the bench, and how many rows it has. */
export interface Subject {
  readonly path: string;
  readonly rows: number;
}

/** The table that all of a bench goes into, empty each time. */
export interface BenchTable {
  /** psql's \copy, with options as SQL writes them: seconds, the start of psql included. */
  copy(subject: Subject, options: string): Promise<number>;
  /** Our import, bundled as the command is, into a table that is there, or one that it makes. */
  load(subject: Subject, wanted: ImportPath, options?: { readonly made?: boolean }): Promise<ImportMeasure>;
  psql(command: string): Promise<void>;
  empty(): Promise<void>;
  drop(): Promise<void>;
}

export interface BenchTableOptions {
  readonly target: DatabaseTarget;
  readonly tools: ClientTools;
  /** A folder for what it needs meanwhile. */
  readonly work: string;
}

export async function benchTable({ target, tools, work }: BenchTableOptions): Promise<BenchTable> {
  const built = join(work, 'built');
  await bundle(join(import.meta.dirname, 'import-once.ts'), built);
  await cp(join(import.meta.dirname, '../../migrations'), join(built, 'migrations'), { recursive: true });
  // For rejects, of which there are none.
  const storage = pathToFileURL(join(work, 'bucket')).href;

  async function psql(command: string): Promise<void> {
    await run(toolPath(tools, 'psql'), ['--no-psqlrc', '--quiet', '--set=ON_ERROR_STOP=1', `--command=${command}`], {
      env: libpqEnvironment(target, 'bench'),
    });
  }

  const drop = () => psql(`drop table if exists ${TABLE}`);

  async function empty(): Promise<void> {
    await drop();
    await psql(`create table ${TABLE} (${COLUMNS})`);
    await psql('checkpoint');
  }

  return {
    psql,
    drop,
    empty,
    async copy({ path }, options) {
      await empty();
      const started = performance.now();
      await psql(`\\copy ${TABLE} from '${path}' with (${options})`);
      return (performance.now() - started) / 1_000;
    },
    async load({ path, rows }, wanted, { made = false } = {}) {
      await (made ? drop() : empty());
      const request: ImportOnceRequest = { target, audit: target, storage, file: path, table: TABLE, wanted };
      const { stdout } = await run(process.execPath, [join(built, 'import-once.js'), JSON.stringify(request)]);
      const measured = JSON.parse(stdout) as ImportMeasure;
      if (measured.rows !== rows) throw new Error(`expected ${rows} rows, got ${measured.rows}`);
      return measured;
    },
  };
}
