import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openBenchTable, type Subject, TABLE } from './import/bench-table.ts';
import type { ImportMeasure } from './import/import-measure.ts';
import { PANDAS_VERSION, type SeedMeasure, seedImport } from './import/python-peers.ts';
import { writeRows } from './import/write-rows.ts';
import { formatResult } from './report.ts';
import { type BenchResult, type BenchRow, machine, median, row, writeResult } from './result.ts';

/**
 * What an import costs beside psql's \\copy of the same rows into the same table, and beside the seed's pandas.
 *
 *     npm run bench:import -- [--rounds N] [--rows N] [--many-rows N] [--many-rounds N] [--pandas-rows N]
 *
 * Needs Python 3, into which pandas is installed, below ~/.cache/datasens.
 */
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    rows: { type: 'string', default: '1000000' },
    'many-rounds': { type: 'string', default: '1' },
    'many-rows': { type: 'string', default: '10000000' },
    'pandas-rows': { type: 'string', default: '100000' },
  },
});
const CSV = `format csv, header true, encoding 'UTF8'`;
const RSS_BUDGET_MB = 350;
/** Times, where the budgets of the design are throughputs: at least 0.95 and 0.4 of the peer's. */
const FAST_BUDGET = 1 / 0.95;
const TOLERANT_BUDGET = 1 / 0.4;
/** Of the time of a row among many, beside that of one among few: measures differ by as much. */
const CONSTANT_BUDGET = 1.1;

await using table = await openBenchTable();
const { target, tools, work } = table;
const result = await measure();
await writeResult(result);
console.log(formatResult(result));

/** All rounds of one file. */
interface Rounds {
  readonly rows: number;
  readonly peers: number[];
  readonly fast: ImportMeasure[];
  readonly tolerant: ImportMeasure[];
  /** Into a table that the import makes: each value is held against the type that the column was given. */
  readonly fastMade: ImportMeasure[];
  readonly tolerantMade: ImportMeasure[];
}

async function measure(): Promise<BenchResult> {
  const before = machine();
  const few = await rounds(Number(values.rows), Number(values.rounds));
  const pandas = await besidePandas(Number(values['pandas-rows']));
  const many = await rounds(Number(values['many-rows']), Number(values['many-rounds']));
  const all = [few, many].flatMap((each) => [each.fast, each.tolerant, each.fastMade, each.tolerantMade]).flat();
  const cpu = (each: readonly ImportMeasure[]) => median(each.map(({ cpuSeconds }) => cpuSeconds)).toFixed(1);
  return {
    bench: 'import',
    command: 'npm run bench:import',
    about:
      `Medians of ${few.peers.length} rounds in turn (${many.peers.length} of the large file), the embedded server as it comes, each time into ` +
      'an empty table. Every row has two quoted fields, one of them with escapes. Ours has the ledger, T38 and the journal in its transaction. In CPU seconds of the ' +
      `process, its start and the look at the sample included, for ${few.rows.toLocaleString('en')} rows: fast ${cpu(few.fast)}, tolerant ${cpu(few.tolerant)}, tolerant with all ` +
      `values checked ${cpu(few.tolerantMade)}; Where the small file misses a budget it is by what every import costs, 0.1 to 0.2 s here: most of it the look at the ` +
      'sample, in code that has only just been loaded, the rest connections, the ledger, the journal and the commit; the large file shows the rows. ' +
      `The tolerant path scans for a third of its time, and writes the text of COPY for another. The seed's pandas: ${PANDAS_VERSION}.`,
    date: new Date().toISOString(),
    machine: before,
    subject: { rows: few.rows, 'rows of the large file': many.rows, 'client tools': tools.version },
    rows: [
      ...besideCopy(few),
      ...besideCopy(many),
      ...besideFew(few, many),
      row('peak RSS of an import', 'MB', Math.max(...all.map(({ peakRssMb }) => peakRssMb)), {
        with: RSS_BUDGET_MB,
        budget: 1,
      }),
      ...pandas,
    ],
  };
}

function seconds(measures: readonly ImportMeasure[]): number {
  return median(measures.map((each) => each.seconds));
}

function besideCopy({ rows, peers, ...ours }: Rounds): BenchRow[] {
  const peer = median(peers);
  const fast = { with: peer, budget: FAST_BUDGET };
  const tolerant = { with: peer, budget: TOLERANT_BUDGET };
  return [
    row(`psql \\copy, ${rows.toLocaleString('en')} rows`, 's', peer),
    row('import, fast path', 's', seconds(ours.fast), fast),
    row('the same, into a table that it makes, each value held against its type', 's', seconds(ours.fastMade), fast),
    row('import, tolerant path', 's', seconds(ours.tolerant), tolerant),
    row('the same, into a table that it makes', 's', seconds(ours.tolerantMade), tolerant),
  ];
}

function besideFew(few: Rounds, many: Rounds): BenchRow[] {
  return (['fast', 'tolerant'] as const).map((path) => {
    const expected = (seconds(few[path]) * many.rows) / few.rows;
    const name = `${path} path, ${many.rows.toLocaleString('en')} rows beside as many times ${few.rows.toLocaleString('en')}`;
    return row(name, 's', seconds(many[path]), { with: expected, budget: CONSTANT_BUDGET });
  });
}

async function rounds(rows: number, count: number): Promise<Rounds> {
  const file = await subject(rows);
  const measured: Rounds = { rows, peers: [], fast: [], tolerant: [], fastMade: [], tolerantMade: [] };
  // Unmeasured, so that every measured round finds the file in the cache, and room in the write-ahead log.
  await table.copy(file, CSV);
  for (let round = 1; round <= count; round += 1) {
    measured.peers.push(await table.copy(file, CSV));
    measured.fast.push(await table.load(file, 'fast'));
    measured.fastMade.push(await table.load(file, 'fast', { made: true }));
    measured.tolerant.push(await table.load(file, 'tolerant'));
    measured.tolerantMade.push(await table.load(file, 'tolerant', { made: true }));
    const last = [measured.fast, measured.fastMade, measured.tolerant, measured.tolerantMade].map((each) =>
      each.at(-1),
    );
    console.error(
      `${rows} rows, round ${round} of ${count}: psql ${measured.peers.at(-1)} s, ours ${JSON.stringify(last)}`,
    );
  }
  await rm(file.path);
  return measured;
}

async function besidePandas(rows: number): Promise<BenchRow[]> {
  const file = await subject(rows);
  const pandas: SeedMeasure = await seedImport(target, file.path, TABLE);
  if (pandas.rows !== rows) throw new Error(`expected ${rows} rows, pandas had ${pandas.rows}`);
  const peer = { with: pandas.seconds };
  const rowsOf = [
    row(`the seed's pandas to_sql(method='multi'), ${rows.toLocaleString('en')} rows`, 's', pandas.seconds),
    row('psql \\copy of the same', 's', await table.copy(file, CSV), peer),
    row('import of the same, fast path', 's', (await table.load(file, 'fast', { made: true })).seconds, peer),
    row('import of the same, tolerant path', 's', (await table.load(file, 'tolerant', { made: true })).seconds, peer),
    row("peak RSS of the seed's pandas", 'MB', pandas.peakRssMb),
  ];
  await rm(file.path);
  return rowsOf;
}

async function subject(rows: number): Promise<Subject> {
  const path = join(work, `${rows}.csv`);
  await writeRows(path, rows);
  return { path, rows };
}
