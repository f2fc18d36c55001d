import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { openDatabase } from '@datasens/core/postgres/pool.ts';
import { openStore } from '@datasens/core/storage/open-store.ts';
import { testBucket } from '@datasens/testkit/s3-bucket.ts';
import { startS3Server } from '@datasens/testkit/s3-server.ts';
import { bundle } from '../scripts/bundle.ts';
import { auditServer } from './audit-server.ts';
import type { ExpireMeasure, ExpireOnceRequest } from './expiry/expire-once.ts';
import { MINUTE_MS, OBJECTS, seedDumps } from './expiry/seed-dumps.ts';
import { peakRssMb } from './peak-rss.ts';
import { formatResult } from './report.ts';
import { type BenchResult, type BenchRow, machine, median, row, writeResult } from './result.ts';
import { rcloneEnvironment, S3_ENVIRONMENT } from './storage/rclone.ts';

/**
 * What it costs to decide on 10,000 and on 100,000 dumps, and to delete some of them on MinIO, beside one query of the
 * same rows and beside rclone.
 *
 *     npm run bench:expiry -- [--rounds N] [--removed N]
 *
 * Needs rclone, and Go for MinIO.
 */
const run = promisify(execFile);
const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '1' }, removed: { type: 'string', default: '100' } },
});
const rounds = Number(values.rounds);
const removed = Number(values.removed);
const [FEW, MANY] = [10_000, 100_000] as const;
const RSS_BUDGET_MB = 200;
/** A dump costs the same, however many there are. */
const LINEAR = 1.1;
/** What the plan goes by, of all dumps, in one query. */
const FACTS = `select dump.*, proven, seq from t38_dump_audit dump join (
    select dump_id, bool_or(evenement = 'PROUVE') as proven, max(seq) as seq from t39_dump_evenement group by dump_id
  ) facts on facts.dump_id = dump.dump_id order by date_creation desc, dump.dump_id desc`;

const before = machine();
await using server = await auditServer();
const built = await mkdtemp(join(tmpdir(), 'datasens-bench-'));
await using minio = await startS3Server('minio', { log: console.error });
Object.assign(process.env, S3_ENVIRONMENT);
try {
  await bundle(join(import.meta.dirname, 'expiry/expire-once.ts'), built);
  const result = await measure();
  await writeResult(result);
  console.log(formatResult(result));
} finally {
  await rm(built, { recursive: true });
}

async function measure(): Promise<BenchResult> {
  const few = await world(FEW);
  const many = await world(MANY);
  const rclone: number[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    for (const each of [few, many]) await each.measureRound(round);
    rclone.push(await rcloneDelete());
    const last = [few, many].map(({ plans, deletions }) => [plans.at(-1)?.seconds, deletions.at(-1)?.deletionSeconds]);
    console.error(`round ${round} of ${rounds}: ${JSON.stringify(last)} s, rclone ${rclone.at(-1)} s`);
  }
  const cpu = (measures: readonly ExpireMeasure[]) => median(measures.map(({ cpuSeconds }) => cpuSeconds)).toFixed(1);
  return {
    bench: 'expiry',
    command: 'npm run bench:expiry',
    about:
      `${rounds === 1 ? 'One round' : `Medians of ${rounds} rounds in turn`}: dumps of 100 lineages, each with its event in the journal, in the embedded server as it comes; ${removed} of them go in each round, ` +
      `each of ${OBJECTS.length} objects on MinIO on the same machine. Deleted is: marked, mirrored, its tombstone written, deleted, looked after again, and certified, one dump after the other, for each mark ` +
      'follows the one before in the journal: more than half of its time MinIO writes five small objects (mark, certificate, the head of the journal after each, tombstone), a quarter it lists and deletes, ' +
      `a tenth is PostgreSQL's. CPU seconds of the process: ${cpu(many.plans)} for the plan of ${MANY.toLocaleString('en')}. rclone deletes so many objects, several at a time, and nothing else.`,
    date: new Date().toISOString(),
    machine: before,
    subject: { 'dumps deleted in a round': removed, 'client tools': server.tools.version },
    rows: [...planRows(few, many), ...deletionRows(few, many, median(rclone))],
  };
}

type World = Awaited<ReturnType<typeof world>>;

function planRows(few: World, many: World): BenchRow[] {
  const seconds = ({ plans }: World) => median(plans.map((plan) => plan.seconds));
  const query = median(many.queries);
  return [
    row(`one query of ${MANY.toLocaleString('en')} dumps and their events, by psql`, 's', query),
    row(`plan of ${FEW.toLocaleString('en')} dumps`, 's', seconds(few)),
    row(`plan of ${MANY.toLocaleString('en')} dumps, beside that query`, 's', seconds(many), { with: query }),
    row('the same, beside ten times the plan of a tenth', 's', seconds(many), {
      with: seconds(few) * (MANY / FEW),
      budget: LINEAR,
    }),
    row(`peak RSS of expire --dry-run --json, ${FEW.toLocaleString('en')} dumps`, 'MB', few.peakRssMb()),
    row(`the same, ${MANY.toLocaleString('en')} dumps`, 'MB', many.peakRssMb(), { with: RSS_BUDGET_MB, budget: 1 }),
  ];
}

function deletionRows(few: World, many: World, rclone: number): BenchRow[] {
  const seconds = ({ deletions }: World) => median(deletions.map(({ deletionSeconds }) => deletionSeconds));
  const objects = removed * OBJECTS.length;
  return [
    row(`rclone delete of ${objects} objects`, 's', rclone),
    row(`${removed} dumps of ${FEW.toLocaleString('en')} deleted and certified`, 's', seconds(few), { with: rclone }),
    row(
      `${removed} dumps of ${MANY.toLocaleString('en')}, beside the same of ${FEW.toLocaleString('en')}`,
      's',
      seconds(many),
      {
        with: seconds(few),
        budget: LINEAR,
      },
    ),
  ];
}

/** An audit database of so many dumps, and a bucket with the objects of those that are to go. */
async function world(count: number) {
  const database = databaseOf(count);
  const audit = await server.newAudit(database);
  const { name } = await testBucket(minio.endpoint);
  const storage = `s3://${name}/bench`;
  const now = new Date();
  {
    await using db = openDatabase(audit);
    const store = await openStore(storage, { endpoint: minio.endpoint });
    const deps = { db, store, signal: new AbortController().signal, now: () => now, log: () => undefined };
    await seedDumps(deps, { count, stored: removed * rounds });
  }
  const once = (round: number, dryRun: boolean) => {
    // So many minutes that the oldest are older.
    const keepWithinMs = (count - removed * round) * MINUTE_MS;
    return expireOnce({ audit, storage, endpoint: minio.endpoint, now: now.toISOString(), keepWithinMs, dryRun });
  };
  const env = { DATABASE_URL: server.url(database), DATASENS_STORAGE: storage, S3_ENDPOINT: minio.endpoint };
  const plans: ExpireMeasure[] = [];
  const deletions: ExpireMeasure[] = [];
  const queries: number[] = [];
  const peaksMb: number[] = [];
  return {
    plans,
    deletions,
    queries,
    peakRssMb: () => Math.max(...peaksMb),
    async measureRound(round: number) {
      const started = performance.now();
      await server.psql(audit, FACTS);
      queries.push((performance.now() - started) / 1_000);
      plans.push(await once(round, true));
      // By the default rules, which take most of them.
      peaksMb.push(await peakRssMb(['expire', '--dry-run', '--json'], { env, cwd: built }));
      const deletion = await once(round, false);
      if (deletion.removed !== removed) throw new Error(`expected ${removed} deletions, got ${deletion.removed}`);
      deletions.push(deletion);
    },
  };
}

function databaseOf(count: number): string {
  return `bench_expiry_${count}`;
}

async function expireOnce(request: ExpireOnceRequest): Promise<ExpireMeasure> {
  const { stdout } = await run(process.execPath, [join(built, 'expire-once.js'), JSON.stringify(request)]);
  return JSON.parse(stdout);
}

/** As many objects as a round's dumps have, in a bucket of its own. */
async function rcloneDelete(): Promise<number> {
  const { name, put } = await testBucket(minio.endpoint);
  for (let n = 0; n < removed * OBJECTS.length; n += 1) await put(`theirs/${n}`, 'an object of a bench');
  const started = performance.now();
  await run('rclone', ['delete', `bench:${name}/theirs`], {
    env: { PATH: process.env.PATH, ...rcloneEnvironment(minio.endpoint) },
  });
  return (performance.now() - started) / 1_000;
}
