import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { dataArgs } from '@datasens/core/dump/dump-args.ts';
import { type ClientTools, findClientTools, toolPath } from '@datasens/core/postgres/client-tools.ts';
import { openSession } from '@datasens/core/postgres/session.ts';
import { describeSource } from '@datasens/core/postgres/source-checks.ts';
import { type DatabaseTarget, libpqEnvironment } from '@datasens/core/postgres/target.ts';
import { testBucket } from '@datasens/testkit/s3-bucket.ts';
import { startS3Server } from '@datasens/testkit/s3-server.ts';
import { benchDatabase } from './dump/bench-database.ts';
import type { StageMeasure, StageRequest } from './dump/stage-once.ts';
import { peakRssMb } from './peak-rss.ts';
import { formatResult } from './report.ts';
import { type BenchResult, machine, median, row, writeResult } from './result.ts';
import { rcloneEnvironment, S3_ENVIRONMENT } from './storage/rclone.ts';

/**
 * What a dump to the file store, and to MinIO, costs beyond the same pg_dump into a file on the same disk.
 *
 *     npm run bench:dump -- [--rounds N]
 *
 * Needs rclone, and Go for MinIO.
 */
const run = promisify(execFile);
const { values } = parseArgs({ options: { rounds: { type: 'string', default: '5' } } });
const rounds = Number(values.rounds);
const RSS_BUDGET_MB = 200;

const home = join(tmpdir(), 'datasens-bench');
await using database = await benchDatabase(home);
const { target, audit } = database;
const tools = await findClientTools(database.major);
const work = await mkdtemp(join(tmpdir(), 'datasens-bench-'));
try {
  const result = await measure();
  await writeResult(result);
  console.log(formatResult(result));
} finally {
  await rm(work, { recursive: true, force: true });
}

async function measure(): Promise<BenchResult> {
  const before = machine();
  // Unmeasured, so that every measured round finds the database in the cache.
  await peer(target, tools);
  const idleReader = await toolsWithIdleReader(tools);
  const peers: number[] = [];
  const unchecked: StageMeasure[] = [];
  const peaksMb: number[] = [];
  const plain: StageMeasure[] = [];
  const sensitive: StageMeasure[] = [];
  const proven: StageMeasure[] = [];
  const toMinio: StageMeasure[] = [];
  const toMinioByRclone: number[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    peers.push(await peer(target, tools));
    unchecked.push(await ours({ proof: 'none', binDir: idleReader }));
    plain.push(await ours({ proof: 'none' }));
    sensitive.push(await ours({ proof: 'none', sensitive: true }));
    proven.push(await ours({ proof: 'content' }));
    peaksMb.push(await peakOfDumpMb());
    const { ours: staged, rclone } = await onMinio(target, tools);
    toMinio.push(staged);
    toMinioByRclone.push(rclone);
    console.error(`round ${round} of ${rounds}`);
  }
  const peerSeconds = median(peers);
  const stageSeconds = (measures: readonly StageMeasure[]) => median(measures.map((each) => each.stageSeconds));
  await using session = await openSession(target, { applicationName: 'bench' });
  const source = await describeSource(session);
  return {
    bench: 'dump',
    command: 'npm run bench:dump',
    about:
      `Medians of ${rounds} rounds in turn, cache warm, the embedded server as it comes, the file store on the same disk. ` +
      'The dump of the product is read by pg_restore, block by block, while it is written. In CPU seconds: pg_dump 7.5, ' +
      'its server session 4, pg_restore 2.7, ourselves 1.2. That is what two cores have to give in the time of the peer, ' +
      'so there the check costs time, although it runs at the lowest priority; the row without it, in which a stand-in ' +
      'takes the bytes and does nothing, is what is left where a core is free. Encryption is 2.7 CPU seconds more of ours, ' +
      'the cipher of age and a hash of what is plain: with no core free they are a fourth of the time. ' +
      'The proof asks as much of the server again. To MinIO the server works on the same two cores, as it does for rclone.',
    date: new Date().toISOString(),
    machine: before,
    subject: {
      PostgreSQL: source.serverVersion,
      'client tools': tools.version,
      'database bytes': source.sizeBytes,
      'dump bytes': plain[0]?.bytes ?? 0,
      rows: proven[0]?.rows ?? 0,
    },
    rows: [
      row('pg_dump into a file', 's', peerSeconds),
      row('dump to the file store', 's', stageSeconds(plain), { with: peerSeconds, budget: 1.1 }),
      row('the same without pg_restore reading along', 's', stageSeconds(unchecked), { with: peerSeconds }),
      row('the same with the content proof beside it', 's', stageSeconds(proven), { with: peerSeconds }),
      row('dump --sensitive to the file store, beside the same in the clear', 's', stageSeconds(sensitive), {
        with: stageSeconds(plain),
      }),
      row('verify: read back and hash', 's', median(plain.map((each) => each.verifySeconds)), { with: peerSeconds }),
      row('pg_dump piped into rclone rcat, to MinIO on the same machine', 's', median(toMinioByRclone), {
        with: peerSeconds,
      }),
      row('dump to MinIO on the same machine', 's', stageSeconds(toMinio), {
        with: median(toMinioByRclone),
        budget: 1.1,
      }),
      row('the same, beside pg_dump into a file', 's', stageSeconds(toMinio), { with: peerSeconds, budget: 1.1 }),
      row('verify on MinIO: read back and hash', 's', median(toMinio.map((each) => each.verifySeconds)), {
        with: peerSeconds,
      }),
      row('peak RSS of the command, client tools apart', 'MB', Math.max(...peaksMb), {
        with: RSS_BUDGET_MB,
        budget: 1,
      }),
    ],
  };
}

/** Our own arguments of pg_dump, but for the snapshot. */
function peerArgs(tools: ClientTools): string[] {
  const args = dataArgs('custom', { snapshotId: '', toolMajor: tools.major, exclude: [] }, null);
  return args.filter((arg) => !arg.startsWith('--snapshot='));
}

async function peer(target: DatabaseTarget, tools: ClientTools): Promise<number> {
  const file = join(work, 'peer.dump');
  const started = performance.now();
  const args = [...peerArgs(tools), `--file=${file}`];
  await run(toolPath(tools, 'pg_dump'), args, { env: libpqEnvironment(target, 'bench') });
  const seconds = (performance.now() - started) / 1_000;
  if ((await stat(file)).size === 0) throw new Error('pg_dump wrote nothing');
  await rm(file);
  return seconds;
}

async function ours(request: Pick<StageRequest, 'proof' | 'sensitive' | 'binDir'>): Promise<StageMeasure> {
  const bucket = join(work, 'bucket');
  const storage = pathToFileURL(bucket).href;
  const measure = await stageOnce({ ...request, target, audit, storage });
  await rm(bucket, { recursive: true });
  return measure;
}

/** A dump to MinIO, without a proof, and the same pg_dump piped into rclone. */
async function onMinio(target: DatabaseTarget, tools: ClientTools): Promise<{ ours: StageMeasure; rclone: number }> {
  await using server = await startS3Server('minio', { log: console.error });
  const { name } = await testBucket(server.endpoint);
  const { endpoint } = server;
  const ours = await stageOnce({ target, audit, storage: `s3://${name}/ours`, endpoint, proof: 'none' });
  const pgDump = [toolPath(tools, 'pg_dump'), ...peerArgs(tools)];
  const env = { ...process.env, ...libpqEnvironment(target, 'bench'), ...rcloneEnvironment(endpoint) };
  const started = performance.now();
  await run(
    'bash',
    [
      '-c',
      'set -o pipefail; remote=$1; shift; "$@" | rclone rcat "$remote"',
      'bash',
      `bench:${name}/theirs`,
      ...pgDump,
    ],
    {
      env,
    },
  );
  return { ours, rclone: (performance.now() - started) / 1_000 };
}

async function stageOnce(request: StageRequest): Promise<StageMeasure> {
  const program = join(import.meta.dirname, 'dump/stage-once.ts');
  const env = { ...process.env, ...S3_ENVIRONMENT };
  const { stdout } = await run(process.execPath, [program, JSON.stringify(request)], { env });
  return JSON.parse(stdout);
}

/** Of a dump, until it is registered. */
async function peakOfDumpMb(): Promise<number> {
  const bucket = join(work, 'bucket');
  const peakMb = await peakRssMb(['dump', '--json'], {
    cwd: work,
    env: {
      DATABASE_URL: database.url,
      AUDIT_DATABASE_URL: database.auditUrl,
      DATASENS_STORAGE: pathToFileURL(bucket).href,
    },
  });
  await rm(bucket, { recursive: true });
  return peakMb;
}

/** The client tools, but with a pg_restore that takes its input and does nothing. */
async function toolsWithIdleReader({ binDir, version }: ClientTools): Promise<string> {
  const folder = join(work, 'bin');
  await mkdir(folder);
  for (const name of ['pg_dump', 'pg_dumpall', 'psql']) await symlink(join(binDir, name), join(folder, name));
  const reader = join(folder, 'pg_restore');
  const script = `[ "$1" = --version ] && exec echo 'pg_restore (PostgreSQL) ${version}'\nexec cat > /dev/null\n`;
  await writeFile(reader, `#!/bin/sh\n${script}`);
  await chmod(reader, 0o755);
  return folder;
}
