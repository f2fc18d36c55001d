import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { findClientTools, toolPath } from '@datasens/core/postgres/client-tools.ts';
import { openSession } from '@datasens/core/postgres/session.ts';
import { describeSource } from '@datasens/core/postgres/source-checks.ts';
import { libpqEnvironment, withDatabase } from '@datasens/core/postgres/target.ts';
import type { RestorePlan } from '@datasens/core/restore/restore-plan.ts';
import { benchDatabase } from './dump/bench-database.ts';
import { formatResult } from './report.ts';
import { registerDump } from './restore/register-dump.ts';
import type { RestoreMeasure, RestoreOnceRequest } from './restore/restore-once.ts';
import { type BenchResult, machine, median, row, writeResult } from './result.ts';

/**
 * What a restore from the file store costs beyond pg_restore of the same archive file.
 *
 *     npm run bench:restore -- [--rounds N]
 */
const run = promisify(execFile);
const { values } = parseArgs({ options: { rounds: { type: 'string', default: '5' } } });
const rounds = Number(values.rounds);
const BUDGET = 1.15;
const RSS_BUDGET_MB = 200;
const TARGET = 'bench_restore_target';

await using database = await benchDatabase(join(tmpdir(), 'datasens-bench'));
const target = withDatabase(database.target, TARGET);
const tools = await findClientTools(database.major);
const work = await mkdtemp(join(tmpdir(), 'datasens-bench-'));
const bucket = join(work, 'bucket');
await using admin = await openSession(database.audit, { applicationName: 'bench' });
const dropTarget = () => admin.query(`drop database if exists ${TARGET} with (force)`);
const createTarget = () => admin.query(`create database ${TARGET} template template0`);
try {
  const result = await measure();
  await writeResult(result);
  console.log(formatResult(result));
} finally {
  await dropTarget();
  await rm(work, { recursive: true, force: true });
}

interface PeerMeasure {
  readonly createSeconds: number;
  readonly restoreSeconds: number;
}

async function measure(): Promise<BenchResult> {
  const before = machine();
  const dump = await registerDump(database.target, database.audit, bucket);
  const peer = (...args: string[]) => intoFresh(() => createAndPgRestore([...args, dump.archive]));
  const ours = (options: RestoreOptions) => intoFresh(() => restoreOnce(dump.dumpId, options));
  // Unmeasured, so that every measured round finds the archive in the cache, and room in the write-ahead log.
  await peer('--single-transaction');

  const single: PeerMeasure[] = [];
  const parallel: PeerMeasure[] = [];
  const created: RestoreMeasure[] = [];
  const filled: RestoreMeasure[] = [];
  const proven: RestoreMeasure[] = [];
  const createdByTwo: RestoreMeasure[] = [];
  const cleaned: number[] = [];
  const replaced: RestoreMeasure[] = [];
  const peaksMb: number[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    single.push(await peer('--single-transaction'));
    created.push(await ours({ jobs: 1 }));
    filled.push(await ours({ jobs: 1, mode: 'fill' }));
    replaced.push(await overFormer(() => restoreOnce(dump.dumpId, { jobs: 1, mode: 'in-place' })));
    cleaned.push(await overFormer(() => pgRestore(['--single-transaction', '--clean', '--if-exists', dump.archive])));
    proven.push(await ours({ jobs: 1, prove: true }));
    parallel.push(await peer('--jobs=2'));
    createdByTwo.push(await ours({ jobs: 2 }));
    peaksMb.push(await intoFresh(() => peakRssMb(dump.dumpId)));
    console.error(`round ${round} of ${rounds}`);
  }

  const toNew = ({ createSeconds, restoreSeconds }: PeerMeasure) => createSeconds + restoreSeconds;
  const singleSeconds = median(single.map(toNew));
  const fillSeconds = median(single.map(({ restoreSeconds }) => restoreSeconds));
  const parallelSeconds = median(parallel.map(toNew));
  const seconds = (measures: readonly RestoreMeasure[]) => median(measures.map((each) => each.restoreSeconds));
  const proofSeconds = (measures: readonly RestoreMeasure[]) => median(measures.map((each) => each.proofSeconds));
  const plans = [...created, ...filled, ...replaced, ...proven, ...createdByTwo].map((each) => each.planSeconds);
  await using session = await openSession(database.target, { applicationName: 'bench' });
  const source = await describeSource(session);
  return {
    bench: 'restore',
    command: 'npm run bench:restore',
    about:
      `Medians of ${rounds} rounds in turn, cache warm, after a checkpoint each, the embedded server as it comes, the ` +
      'file store on the same disk. Into a new database: created, filled and renamed, against CREATE DATABASE and ' +
      'pg_restore. Into an empty one: filled and committed, against pg_restore alone; in place, what the round before ' +
      'it restored is replaced. What only a restore of ours does has rows of its own, and is not in those: the checks ' +
      'beforehand, and the comparison with the proof, be it of row counts or, with `--prove`, of contents, for which ' +
      'every row is read and hashed on the server.',
    date: new Date().toISOString(),
    machine: before,
    subject: {
      PostgreSQL: source.serverVersion,
      'client tools': tools.version,
      'database bytes': source.sizeBytes,
      'dump bytes': dump.sizeBytes,
      rows: dump.rows,
    },
    rows: [
      row('CREATE DATABASE and pg_restore -1', 's', singleSeconds),
      row('restore into a new database', 's', seconds(created), { with: singleSeconds, budget: BUDGET }),
      row('CREATE DATABASE and pg_restore -j 2', 's', parallelSeconds),
      row('restore into a new database, two jobs', 's', seconds(createdByTwo), {
        with: parallelSeconds,
        budget: BUDGET,
      }),
      row('pg_restore -1', 's', fillSeconds),
      row('restore into an empty database', 's', seconds(filled), {
        with: fillSeconds,
        budget: BUDGET,
      }),
      row('pg_restore -1 --clean', 's', median(cleaned)),
      row('restore in place', 's', seconds(replaced), { with: median(cleaned), budget: BUDGET }),
      row('checks beforehand: read back and hash', 's', median(plans), { with: singleSeconds }),
      row('comparison of row counts', 's', proofSeconds([...created, ...filled, ...replaced]), { with: singleSeconds }),
      row('comparison of contents', 's', proofSeconds(proven), { with: singleSeconds }),
      row('peak RSS of the command, client tools apart', 'MB', Math.max(...peaksMb), {
        with: RSS_BUDGET_MB,
        budget: 1,
      }),
    ],
  };
}

/** Where no database of the name is; drops the one that `restore` leaves. Nothing of either is in its time. */
async function intoFresh<T>(restore: () => Promise<T>): Promise<T> {
  await dropTarget();
  await admin.query('checkpoint');
  return restore();
}

/** Over what the restore before this one left. */
async function overFormer<T>(restore: () => Promise<T>): Promise<T> {
  await admin.query('checkpoint');
  return restore();
}

async function createAndPgRestore(args: readonly string[]): Promise<PeerMeasure> {
  const started = performance.now();
  await createTarget();
  const createSeconds = (performance.now() - started) / 1_000;
  return { createSeconds, restoreSeconds: await pgRestore(args) };
}

async function pgRestore(args: readonly string[]): Promise<number> {
  const started = performance.now();
  const options = [`--dbname=${TARGET}`, '--no-password', '--exit-on-error'];
  await run(toolPath(tools, 'pg_restore'), [...options, ...args], { env: libpqEnvironment(target, 'bench') });
  return (performance.now() - started) / 1_000;
}

interface RestoreOptions {
  readonly jobs: number;
  readonly prove?: boolean;
  readonly mode?: RestorePlan['mode'];
}

async function restoreOnce(
  dumpId: number,
  { jobs, prove = false, mode = 'create' }: RestoreOptions,
): Promise<RestoreMeasure> {
  if (mode === 'fill') await createTarget();
  const inPlace = mode === 'in-place';
  const request: RestoreOnceRequest = { audit: database.audit, bucket, dumpId, target, jobs, prove, inPlace };
  const program = join(import.meta.dirname, 'restore/restore-once.ts');
  const { stdout } = await run(process.execPath, [program, JSON.stringify(request)]);
  const restored: RestoreMeasure = JSON.parse(stdout);
  if (restored.mode !== mode) throw new Error(`restored by ${restored.mode}`);
  return restored;
}

/** Of the real command, with everything that it compares. */
async function peakRssMb(dumpId: number): Promise<number> {
  const root = join(import.meta.dirname, '..');
  const hook = join(import.meta.dirname, 'dump/report-peak-rss.mjs');
  const url = new URL(database.url);
  url.pathname = `/${TARGET}`;
  const program = join(root, 'packages/cli/bin/datasens.js');
  const command = ['--import', hook, program, 'restore', String(dumpId), '--into', url.href, '--prove', '--json'];
  const env = {
    ...process.env,
    DATABASE_URL: database.url,
    AUDIT_DATABASE_URL: database.auditUrl,
    DATASENS_STORAGE: pathToFileURL(bucket).href,
  };
  const { stderr } = await run(process.execPath, command, { env, cwd: work });
  const kilobytes = Number(/^peak RSS (\d+) kB$/m.exec(stderr)?.[1]);
  if (!(kilobytes > 0)) throw new Error(`the command did not report its memory:\n${stderr}`);
  return (kilobytes * 1_024) / 1e6;
}
