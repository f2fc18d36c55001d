import { execFile } from 'node:child_process';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import type { ImportPath } from '@datasens/core/audit/import-entry.ts';
import { migrateAudit } from '@datasens/core/audit/migrate.ts';
import { type ClientTools, findClientTools, toolPath } from '@datasens/core/postgres/client-tools.ts';
import { type DatabaseTarget, libpqEnvironment, parseDatabaseUrl } from '@datasens/core/postgres/target.ts';
import { embeddedPostgres, stopEmbeddedPostgres } from '@datasens/local/embedded/embedded-postgres.ts';
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

/** The table that all of a bench goes into, empty each time, on an embedded server that ends with it. */
export interface BenchTable extends AsyncDisposable {
  readonly target: DatabaseTarget;
  readonly tools: ClientTools;
  /** A folder for the files of the bench. */
  readonly work: string;
  /** psql's \copy, with options as SQL writes them: seconds, the start of psql included. */
  copy(subject: Subject, options: string): Promise<number>;
  /** Our import, bundled as the command is, into a table that is there, or one that it makes. */
  load(subject: Subject, wanted: ImportPath, options?: { readonly made?: boolean }): Promise<ImportMeasure>;
  empty(): Promise<void>;
}

export async function openBenchTable(): Promise<BenchTable> {
  const home = join(tmpdir(), 'datasens-bench');
  const { signal } = new AbortController();
  const { url, major } = await embeddedPostgres({ home, signal, log: console.error });
  const target = parseDatabaseUrl(url, 'the embedded PostgreSQL');
  await migrateAudit(target);
  const tools = await findClientTools(major);
  const work = await mkdtemp(join(tmpdir(), 'datasens-bench-'));
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
    target,
    tools,
    work,
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
    async [Symbol.asyncDispose]() {
      await drop();
      await rm(work, { recursive: true, force: true });
      await stopEmbeddedPostgres(home, signal);
    },
  };
}
