import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openBenchTable, type Subject, TABLE } from './import/bench-table.ts';
import type { ImportMeasure } from './import/import-measure.ts';
import { duckDbImport, PANDAS_VERSION, seedImport, writeParquet } from './import/python-peers.ts';
import { writeRows } from './import/write-rows.ts';
import { formatResult } from './report.ts';
import { type BenchResult, type BenchRow, machine, median, row, writeResult } from './result.ts';

/**
 * What an import of Parquet, NDJSON and JSON costs beside psql's \\copy of the same rows as text, DuckDB piped into
 * psql, and the seed's pandas.
 *
 *     npm run bench:import-formats -- [--rounds N] [--rows N] [--pandas-rows N]
 *
 * Needs Python 3, into which pandas, pyarrow and DuckDB are installed, below ~/.cache/datasens.
 */
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    rows: { type: 'string', default: '1000000' },
    'pandas-rows': { type: 'string', default: '100000' },
  },
});
const TEXT = `format text, encoding 'UTF8'`;
const RSS_BUDGET_MB = 350;
/** Times, where the budgets of the design are throughputs: at least 0.75, 0.7 and 0.6 of the peer's. */
const FORMATS = [
  { name: 'parquet', path: 'fast', budget: 1 / 0.75, reader: 'read_parquet' },
  { name: 'ndjson', path: 'fast', budget: 1 / 0.7, reader: 'read_json' },
  { name: 'json', path: 'fast', budget: 1 / 0.6, reader: 'read_json' },
] as const;

await using table = await openBenchTable();
const { target, tools, work } = table;
const result = await measure();
await writeResult(result);
console.log(formatResult(result));

interface Measured {
  readonly there: ImportMeasure[];
  readonly made: ImportMeasure[];
  readonly duckDb: number[];
}

async function measure(): Promise<BenchResult> {
  const before = machine();
  const rows = Number(values.rows);
  const files = await writeFiles(rows);
  const peers: number[] = [];
  const formats = FORMATS.map((format) => ({ ...format, measured: { there: [], made: [], duckDb: [] } as Measured }));
  // Unmeasured, so that every measured round finds room in the write-ahead log.
  await table.copy(files.text, TEXT);
  for (let round = 1; round <= Number(values.rounds); round += 1) {
    peers.push(await table.copy(files.text, TEXT));
    for (const { name, path, reader, measured } of formats) {
      measured.there.push(await table.load(files[name], path));
      measured.made.push(await table.load(files[name], path, { made: true }));
      await table.empty();
      measured.duckDb.push(await duckDbImport(target, { path: files[name].path, reader, table: TABLE, tools }));
    }
    const last = formats.map(({ name, measured }) => [name, measured.there.at(-1), measured.duckDb.at(-1)]);
    console.error(`round ${round} of ${values.rounds}: psql ${peers.at(-1)} s, ${JSON.stringify(last)}`);
  }
  const peer = median(peers);
  const cpu = (format: (typeof FORMATS)[number]['name']) =>
    median(
      formats.find(({ name }) => name === format)?.measured.there.map(({ cpuSeconds }) => cpuSeconds) ?? [],
    ).toFixed(1);
  const all = formats.flatMap(({ measured }) => [...measured.there, ...measured.made]);
  return {
    bench: 'import-formats',
    command: 'npm run bench:import-formats',
    about:
      `Medians of ${peers.length} rounds in turn, the rows of the bench of imports, each time into an empty table. Parquet is as pyarrow writes it by ` +
      'its defaults: one row group of all rows. Ours has the ledger, T38 and the journal in its transaction, and hashes the file; made tables get the types that are found, ' +
      'and every value of JSON is held against them. DuckDB reads the file, and writes CSV into psql. ' +
      `In CPU seconds of the process, its start included: Parquet ${cpu('parquet')}, NDJSON ${cpu('ndjson')}, JSON ${cpu('json')}. ` +
      `The seed's pandas: ${PANDAS_VERSION}.`,
    date: new Date().toISOString(),
    machine: before,
    subject: { rows, 'client tools': tools.version },
    rows: [
      row(`psql \\copy of ${rows.toLocaleString('en')} rows as text`, 's', peer),
      ...formats.flatMap(({ name, budget, measured }) => [
        row(`import of ${name}`, 's', seconds(measured.there), { with: peer, budget }),
        row(`the same, into a table that it makes`, 's', seconds(measured.made), { with: peer, budget }),
        row(`DuckDB’s reading of ${name}, piped into psql`, 's', median(measured.duckDb), { with: peer }),
      ]),
      row('peak RSS of an import', 'MB', Math.max(...all.map(({ peakRssMb }) => peakRssMb)), {
        with: RSS_BUDGET_MB,
        budget: 1,
      }),
      ...(await besidePandas(Number(values['pandas-rows']))),
    ],
  };
}

async function writeFiles(rows: number): Promise<Record<(typeof FORMATS)[number]['name'] | 'text', Subject>> {
  const pathOf = (format: string) => join(work, `${rows}.${format}`);
  for (const format of ['csv', 'text', 'ndjson', 'json'] as const) await writeRows(pathOf(format), rows, format);
  await writeParquet(pathOf('csv'), pathOf('parquet'));
  const subject = (format: string): Subject => ({ path: pathOf(format), rows });
  return { text: subject('text'), ndjson: subject('ndjson'), json: subject('json'), parquet: subject('parquet') };
}

async function besidePandas(rows: number): Promise<BenchRow[]> {
  const files = await writeFiles(rows);
  const measured: BenchRow[] = [];
  for (const { name, path } of FORMATS) {
    const pandas = await seedImport(target, files[name].path, TABLE);
    if (pandas.rows !== rows) throw new Error(`expected ${rows} rows, pandas had ${pandas.rows}`);
    const ours = await table.load(files[name], path, { made: true });
    measured.push(
      row(`the seed's pandas, ${rows.toLocaleString('en')} rows of ${name}`, 's', pandas.seconds),
      row(`import of the same`, 's', ours.seconds, { with: pandas.seconds }),
    );
  }
  return measured;
}

function seconds(measures: readonly ImportMeasure[]): number {
  return median(measures.map((each) => each.seconds));
}
