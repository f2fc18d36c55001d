import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startS3Server } from '@datasens/testkit/s3-server.ts';
import { bundle } from '../scripts/bundle.ts';
import { auditServer } from './audit-server.ts';
import { folderPlace, minioPlace, type Place } from './rebuild/place.ts';
import { rcloneCopy } from './rebuild/rclone-copy.ts';
import type { RebuildMeasure } from './rebuild/rebuild-once.ts';
import { rebuildWorld } from './rebuild/rebuild-world.ts';
import { seedJournal } from './rebuild/seed-journal.ts';
import { seedManifests } from './rebuild/seed-manifests.ts';
import { formatResult } from './report.ts';
import { type BenchResult, type BenchRow, machine, row, writeResult } from './result.ts';
import { S3_ENVIRONMENT } from './storage/rclone.ts';

/**
 * What it costs to rebuild a lost audit from the bucket, at several sizes: seconds and memory, from a folder and from
 * MinIO, beside rclone's reading of the same objects.
 *
 *     npm run bench:rebuild -- [--folder N,N…] [--minio N,N…] [--events N]
 *
 * Needs rclone, and Go for MinIO.
 */
const { values } = parseArgs({
  options: {
    folder: { type: 'string', default: '2000,10000,40000' },
    minio: { type: 'string', default: '2000,10000' },
    events: { type: 'string', default: '100000' },
  },
});
const sizesOf = (list: string) => list.split(',').map(Number);
const events = Number(values.events);
/** V8 with less for young objects than it takes on a machine of much memory. */
const SMALL_YOUNG = '--max-semi-space-size=16';
const SMALL_RSS_BUDGET_MB = 250;
/** A dump costs the same, however many there are. */
const LINEAR = 1.1;
/** So many more dumps take no more memory. */
const BOUNDED = 1.1;

const before = machine();
await using server = await auditServer();
await using minio = await startS3Server('minio', { log: console.error });
Object.assign(process.env, S3_ENVIRONMENT);
const built = await mkdtemp(join(tmpdir(), 'datasens-bench-'));
try {
  await bundle(join(import.meta.dirname, 'rebuild/rebuild-once.ts'), built);
  const result = await measure();
  await writeResult(result);
  console.log(formatResult(result));
} finally {
  await rm(built, { recursive: true });
}

async function measure(): Promise<BenchResult> {
  const folder = await measurePlace(folderPlace(), sizesOf(values.folder));
  const bucket = await measurePlace(minioPlace(minio.endpoint), sizesOf(values.minio));
  const { count, startRssMb, youngMb, peakRssMb } = bucket.alone;
  const [start, young, peak] = [startRssMb, youngMb, peakRssMb].map(Math.round);
  return {
    bench: 'rebuild',
    command: 'npm run bench:rebuild',
    about:
      'Each size once, into an empty database of the embedded server: from manifests, of dumps whose processes were killed before they registered them, and then from the journal that this has left; ' +
      `the ${events.toLocaleString('en')} are a journal alone. From the journal it is one request for an event, sixteen at a time. From manifests each dump is read back and compared, twenty at a time, and ` +
      'registered by a transaction; then its event and the head of the journal are written, one after the other, for the head never stands more than one event behind. rclone reads sixteen objects at a time. ' +
      'CPU seconds tell the curve: the others depend on what else the machine does, as its load says. ' +
      'Nothing is kept for a dump: what a rebuilding finds and does later stands in a temporary table. But V8 collects garbage when what it takes for young objects is full, and on a machine of much ' +
      `memory that grows to two times 64 MiB, whatever the program, if it only allocates for long enough: of the ${peak} MB of ${count.toLocaleString('en')} dumps from MinIO ${start} are there before it begins, and ` +
      `${young} are that. Hence the curve rises until it is full, and then stays. In a container of little memory V8 takes less by itself, elsewhere with NODE_OPTIONS=${SMALL_YOUNG}: ` +
      `that is what has to stay below ${SMALL_RSS_BUDGET_MB} MB; as V8 comes, on a machine such as this one it takes more than that.`,
    date: new Date().toISOString(),
    machine: before,
    subject: { 'client tools': server.tools.version },
    rows: [...rowsOf(folder), ...rowsOf(bucket)],
  };
}

interface Point extends RebuildMeasure {
  readonly count: number;
}

interface Measured {
  readonly place: string;
  readonly manifests: readonly Point[];
  readonly journal: readonly Point[];
  /** From a journal without the dumps that it tells of. */
  readonly alone: Point;
  /** Of the last from manifests, and of the journal alone, with `SMALL_YOUNG`. */
  readonly small: { readonly manifests: RebuildMeasure; readonly alone: RebuildMeasure };
  /** Seconds of rclone, for the largest size that was rebuilt from manifests. */
  readonly rclone?: { readonly objects: number; readonly journal: number };
}

async function measurePlace(place: Place, sizes: readonly number[]): Promise<Measured> {
  const options = {
    program: join(built, 'rebuild-once.js'),
    newAudit: () => server.newAudit('bench_rebuilt'),
  };
  const manifests: Point[] = [];
  const journal: Point[] = [];
  let rclone: Measured['rclone'];
  for (const count of sizes) {
    await using world = await rebuildWorld(place, count, seedManifests, options);
    const read = async (name: string) =>
      place.endpoint === undefined ? 0 : await rcloneCopy(`${world.bucket.storage}/${name}`, place.endpoint);
    // In this order: the first leaves the journal that the second reads.
    const objects = await read('dumps');
    manifests.push({ count, ...(await world.rebuild(count)) });
    rclone = { objects, journal: await read('journal') };
    journal.push({ count, ...(await world.rebuild(0)) });
  }
  const most = sizes.at(-1) ?? 0;
  await using again = await rebuildWorld(place, most, seedManifests, options);
  const smallManifests = await again.rebuild(most, [SMALL_YOUNG]);
  await using journalAlone = await rebuildWorld(place, events, seedJournal, options);
  return {
    place: place.name,
    manifests,
    journal,
    alone: { count: events, ...(await journalAlone.rebuild(0)) },
    small: { manifests: smallManifests, alone: await journalAlone.rebuild(0, [SMALL_YOUNG]) },
    ...(rclone && place.endpoint !== undefined ? { rclone } : {}),
  };
}

function rowsOf({ place, manifests, journal, alone, small, rclone }: Measured): BenchRow[] {
  const count = manifests.at(-1)?.count ?? 0;
  const peer = (objects: string, seconds: number, ours: readonly Point[]) => {
    const measured = ours.at(-1)?.seconds ?? Number.NaN;
    return [
      row(`rclone copy of ${objects} of ${count.toLocaleString('en')} dumps`, 's', seconds),
      row(`${place}: rebuilding of ${count.toLocaleString('en')} dumps from them`, 's', measured, { with: seconds }),
    ];
  };
  return [
    ...curve(`${place}, from the journal`, journal, small.alone, alone),
    ...(rclone ? peer('the journal', rclone.journal, journal) : []),
    ...curve(`${place}, from manifests alone`, manifests, small.manifests),
    ...(rclone ? peer('manifests, data and proofs', rclone.objects, manifests) : []),
  ];
}

function curve(name: string, points: readonly Point[], small: RebuildMeasure, alone?: Point): BenchRow[] {
  const [before, last] = points.slice(-2);
  if (!before || !last) throw new Error('a curve has two sizes or more');
  const dumps = ({ count }: Point) => count.toLocaleString('en');
  const perThousand = (seconds: number, { count }: Point) => (seconds / count) * 1_000;
  const all = alone ? [...points, alone] : points;
  const [most, less] = alone ? [alone, last] : [last, before];
  return [
    ...all.map((point) => row(`${name}: 1,000 of ${dumps(point)} dumps`, 's', perThousand(point.seconds, point))),
    row(
      `CPU of the process for 1,000 of ${dumps(last)}, beside those of ${dumps(before)}`,
      's',
      perThousand(last.cpuSeconds, last),
      { with: perThousand(before.cpuSeconds, before), budget: LINEAR },
    ),
    ...all.slice(0, -1).map((point) => row(`peak RSS of ${dumps(point)} dumps`, 'MB', point.peakRssMb)),
    row(`peak RSS of ${dumps(most)} dumps, beside that of ${dumps(less)}`, 'MB', most.peakRssMb, {
      with: less.peakRssMb,
      budget: BOUNDED,
    }),
    row(`the same, with ${SMALL_YOUNG}`, 'MB', small.peakRssMb, { with: SMALL_RSS_BUDGET_MB, budget: 1 }),
  ];
}
