import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { parseArgs, promisify } from 'node:util';
import { S3_KINDS, type S3Kind } from '@datasens/testkit/s3-binary.ts';
import { testBucket } from '@datasens/testkit/s3-bucket.ts';
import { startS3Server } from '@datasens/testkit/s3-server.ts';
import { bundle } from '../scripts/bundle.ts';
import { formatResult } from './report.ts';
import { type BenchResult, type BenchRow, machine, median, row, writeResult } from './result.ts';
import { rcloneEnvironment, S3_ENVIRONMENT } from './storage/rclone.ts';
import type { StreamMeasure, StreamRequest } from './storage/stream.ts';

/**
 * What it takes to stream an object of unknown length into a server that speaks S3, and out of it, beside rclone.
 *
 *     npm run bench:storage -- [--rounds N] [--gigabytes N]
 *
 * Needs rclone, and Go for the servers.
 */
const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '3' }, gigabytes: { type: 'string', default: '4' } },
});
const rounds = Number(values.rounds);
const sizeBytes = Number(values.gigabytes) * 1e9;
/** Not slower. */
const BUDGET = 1;
const RSS_BUDGET_MB = 250;
/** Of one round: what takes two seconds is measured more often than what takes minutes. */
const OUTS = 31;
const DIRECTIONS = ['in', ...Array.from({ length: OUTS }, () => 'out' as const)] as const;

const before = machine();
const { stdout: versions } = await promisify(execFile)('rclone', ['version']);
const rows: BenchRow[] = [];
const built = await mkdtemp(join(tmpdir(), 'datasens-bench-'));
try {
  await bundle(join(import.meta.dirname, 'storage/stream.ts'), built);
  for (const kind of S3_KINDS) rows.push(...(await measure(kind)));
} finally {
  await rm(built, { recursive: true });
}
const result: BenchResult = {
  bench: 'storage',
  command: 'npm run bench:storage',
  about:
    `Medians of ${rounds} times in, and ${rounds * OUTS} out, in turn: one object of ${values.gigabytes} GB, which a pipe brings and whose length nobody knows, into a server ` +
    'on the same machine and disk, and the one that ours stored out of it into /dev/null. Each by a process of its own, its start included, ours ' +
    'bundled as the command is; rclone with its defaults. Every part of ours, and the whole, carries a checksum that the ' +
    'server has to confirm. Of what a reading takes, 0.05 s more than of rclone go into its start. Into a pipe to `wc -c`, ' +
    'which takes 3 to 4 s for 4 GB by itself (`dd if=/dev/zero bs=1M count=3815 | wc -c`), more than either reading, both ' +
    'waited for the pipe: ours took 0.9 to 1.3 times as long, by how much it wrote at once.',
  date: new Date().toISOString(),
  machine: before,
  subject: { rclone: versions.split('\n', 1)[0]?.replace(/^rclone /, '') ?? '', 'object bytes': sizeBytes },
  rows,
};
await writeResult(result);
console.log(formatResult(result));

async function measure(kind: S3Kind): Promise<BenchRow[]> {
  await using server = await startS3Server(kind, { log: console.error });
  const { name: bucket } = await testBucket(server.endpoint);
  const settings = { bucket, prefix: '', endpoint: server.endpoint };
  const peaksMb: number[] = [];
  const ours = async (direction: StreamRequest['direction']) => {
    const request: StreamRequest = { settings, key: 'ours', direction };
    const program = [join(built, 'stream.js'), JSON.stringify(request)];
    const { seconds, stderr } = await stream(process.execPath, program, direction, S3_ENVIRONMENT);
    const { bytes, peakRssMb }: StreamMeasure = JSON.parse(stderr);
    if (bytes !== sizeBytes) throw new Error(`${bytes} bytes went ${direction}, not ${sizeBytes}`);
    peaksMb.push(peakRssMb);
    return seconds;
  };
  const rclone = async (direction: StreamRequest['direction']) => {
    const args = direction === 'in' ? ['rcat', `bench:${bucket}/theirs`] : ['cat', `bench:${bucket}/ours`];
    const { seconds } = await stream('rclone', args, direction, rcloneEnvironment(server.endpoint));
    return seconds;
  };
  const times = {
    ours: { in: [] as number[], out: [] as number[] },
    rclone: { in: [] as number[], out: [] as number[] },
  };
  for (let round = 1; round <= rounds; round += 1) {
    for (const direction of DIRECTIONS) {
      const [theirs, own] = [await rclone(direction), await ours(direction)];
      times.rclone[direction].push(theirs);
      times.ours[direction].push(own);
      const seconds = `${own.toFixed(2)} s, rclone ${theirs.toFixed(2)} s`;
      console.error(`${kind}, round ${round} of ${rounds}, ${direction}: ${seconds}`);
    }
  }
  const compared = (direction: StreamRequest['direction'], command: string): BenchRow[] => {
    const theirs = median(times.rclone[direction]);
    return [
      row(`${kind}: rclone ${command}`, 's', theirs),
      row(`${kind}: stream ${direction}`, 's', median(times.ours[direction]), { with: theirs, budget: BUDGET }),
    ];
  };
  return [
    ...compared('in', 'rcat'),
    ...compared('out', 'cat'),
    row(`${kind}: peak RSS of the process`, 'MB', Math.max(...peaksMb), { with: RSS_BUDGET_MB, budget: 1 }),
  ];
}

/** Runs a program that another one feeds, which does nothing else, or that writes into /dev/null. */
async function stream(
  command: string,
  args: readonly string[],
  direction: StreamRequest['direction'],
  env: Readonly<Record<string, string>>,
): Promise<{ seconds: number; stderr: string }> {
  const feed = ['bash', '-c', `set -o pipefail; head -c ${sizeBytes} /dev/zero | "$@"`, 'bash'];
  const [program = command, ...rest] = [...(direction === 'in' ? feed : []), command, ...args];
  const started = performance.now();
  const child = spawn(program, rest, {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const [stderr, [status]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
  const seconds = (performance.now() - started) / 1_000;
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} exited with ${status}: ${stderr}`);
  return { seconds, stderr };
}
