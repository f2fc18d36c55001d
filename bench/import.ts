import { execFile } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { pathToFileURL } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import type { ImportPath } from '@datasens/core/audit/import-entry.ts';
import { migrateAudit } from '@datasens/core/audit/migrate.ts';
import { findClientTools, toolPath } from '@datasens/core/postgres/client-tools.ts';
import { libpqEnvironment, parseDatabaseUrl } from '@datasens/core/postgres/target.ts';
import { embeddedPostgres, stopEmbeddedPostgres } from '@datasens/local/embedded/embedded-postgres.ts';
import type { ImportMeasure, ImportOnceRequest } from './import/import-once.ts';
import { formatResult } from './report.ts';
import { type BenchResult, machine, median, row, writeResult } from './result.ts';

/**
 * What an import costs beside psql's \copy of the same rows into the same table.
 *
 *     npm run bench:import -- [--rounds N] [--rows N]
 */
const run = promisify(execFile);
const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '5' }, rows: { type: 'string', default: '1000000' } },
});
const rounds = Number(values.rounds);
const rows = Number(values.rows);
const RSS_BUDGET_MB = 350;
/** Times, where the budgets of the design are throughputs: at least 0.95 and 0.4 of the peer's. */
const FAST_BUDGET = 1 / 0.95;
const TOLERANT_BUDGET = 1 / 0.4;

const COLUMNS = 'id bigint, nom text, ville text, prix numeric, quantite bigint, vu timestamp, ref text, note text';

const home = join(tmpdir(), 'datasens-bench');
const { signal } = new AbortController();
const { url, major } = await embeddedPostgres({ home, signal, log: console.error });
const target = parseDatabaseUrl(url, 'the embedded PostgreSQL');
await migrateAudit(target);
const tools = await findClientTools(major);
const work = await mkdtemp(join(tmpdir(), 'datasens-bench-'));
try {
  const result = await measure();
  await writeResult(result);
  console.log(formatResult(result));
} finally {
  await psql('drop table if exists bench_import');
  await rm(work, { recursive: true, force: true });
  await stopEmbeddedPostgres(home, signal);
}

async function measure(): Promise<BenchResult> {
  const before = machine();
  const path = join(work, 'rows.csv');
  await pipeline(Readable.from(lines()), createWriteStream(path));
  await copy(path);
  const peers: number[] = [];
  const byPath = { fast: [] as ImportMeasure[], tolerant: [] as ImportMeasure[], made: [] as ImportMeasure[] };
  for (let round = 1; round <= rounds; round += 1) {
    peers.push(await copy(path));
    byPath.fast.push(await ours(path, 'fast'));
    byPath.made.push(await ours(path, 'fast', { made: true }));
    byPath.tolerant.push(await ours(path, 'tolerant'));
    console.error(`round ${round} of ${rounds}`);
  }
  const peer = median(peers);
  const seconds = (measures: readonly ImportMeasure[]) => median(measures.map((each) => each.seconds));
  const peaks = Object.values(byPath).flatMap((measures) => measures.map(({ peakRssMb }) => peakRssMb));
  return {
    bench: 'import',
    command: 'npm run bench:import',
    about: `Medians of ${rounds} rounds in turn, the embedded server as it comes, each time into an empty table. Ours has the ledger, T38 and the journal in its transaction.`,
    date: new Date().toISOString(),
    machine: before,
    subject: { rows, 'file bytes': (await stat(path)).size, 'client tools': tools.version },
    rows: [
      row('psql \\copy', 's', peer),
      row('import, fast path', 's', seconds(byPath.fast), { with: peer, budget: FAST_BUDGET }),
      row('the same, into a table that it makes, each value held against its type', 's', seconds(byPath.made), {
        with: peer,
      }),
      row('import, tolerant path', 's', seconds(byPath.tolerant), { with: peer, budget: TOLERANT_BUDGET }),
      row('peak RSS of the import', 'MB', Math.max(...peaks), { with: RSS_BUDGET_MB, budget: 1 }),
    ],
  };
}

function* lines(): Generator<string> {
  yield `${COLUMNS.replaceAll(/ \w+(?=,|$)/g, '').replaceAll(', ', ',')}\n`;
  for (let start = 1; start <= rows; start += 1_000) {
    const end = Math.min(rows, start + 999);
    let block = '';
    for (let id = start; id <= end; id += 1) {
      const minute = String(id % 60).padStart(2, '0');
      block += `${id},Zoë ${id},"Saint-${id % 977}, Loire",${id % 1_000}.${10 + (id % 90)},${id % 50},2026-01-${10 + (id % 20)} 12:${minute}:00,R${id * 7_919},"a note of ""${id}"", which goes on for as long as notes do"\n`;
    }
    yield block;
  }
}

async function copy(path: string): Promise<number> {
  await emptyTable();
  const started = performance.now();
  await psql(`\\copy bench_import from '${path}' with (format csv, header true, encoding 'UTF8')`);
  return (performance.now() - started) / 1_000;
}

async function ours(path: string, wanted: ImportPath, { made = false } = {}): Promise<ImportMeasure> {
  if (made) await psql('drop table if exists bench_import');
  else await emptyTable();
  const storage = pathToFileURL(join(work, 'bucket')).href;
  const request: ImportOnceRequest = { target, audit: target, storage, path, table: 'bench_import', wanted };
  const { stdout } = await run(process.execPath, [
    join(import.meta.dirname, 'import/import-once.ts'),
    JSON.stringify(request),
  ]);
  const measured = JSON.parse(stdout) as ImportMeasure;
  if (measured.rows !== rows) throw new Error(`expected ${rows} rows, got ${measured.rows}`);
  return measured;
}

async function emptyTable(): Promise<void> {
  await psql('drop table if exists bench_import');
  await psql(`create table bench_import (${COLUMNS})`);
  await psql('checkpoint');
}

async function psql(command: string): Promise<void> {
  await run(toolPath(tools, 'psql'), ['--no-psqlrc', '--quiet', '--set=ON_ERROR_STOP=1', `--command=${command}`], {
    env: libpqEnvironment(target, 'bench'),
  });
}
