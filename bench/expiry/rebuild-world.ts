import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { openDatabase } from '@datasens/core/postgres/pool.ts';
import type { DatabaseTarget } from '@datasens/core/postgres/target.ts';
import { openStore } from '@datasens/core/storage/open-store.ts';
import { testBucket } from '@datasens/testkit/s3-bucket.ts';
import { rcloneEnvironment } from '../storage/rclone.ts';
import type { RebuildMeasure, RebuildOnceRequest } from './rebuild-once.ts';
import { seedManifests } from './seed-manifests.ts';

const run = promisify(execFile);
const PREFIX = 'bench';

export interface RebuildWorldOptions {
  readonly endpoint: string;
  /** Of the bundle of rebuild-once.ts. */
  readonly program: string;
  /** A database that has just been migrated, with nothing else; the one before goes. */
  readonly newAudit: () => Promise<DatabaseTarget>;
}

/** A bucket with the manifests of so many dumps, which its journal learns of by the first rebuilding. */
export async function rebuildWorld(count: number, { endpoint, program, newAudit }: RebuildWorldOptions) {
  const { name, put } = await testBucket(endpoint);
  const storage = `s3://${name}/${PREFIX}`;
  {
    await using db = openDatabase(await newAudit());
    const store = await openStore(storage, { endpoint });
    const deps = { db, store, signal: new AbortController().signal };
    await seedManifests(deps, (key, bytes) => put(`${PREFIX}/${key}`, bytes), count);
  }
  const once = async (expected: number): Promise<RebuildMeasure> => {
    const request: RebuildOnceRequest = { audit: await newAudit(), storage, endpoint };
    const { stdout } = await run(process.execPath, [program, JSON.stringify(request)]);
    const measure: RebuildMeasure = JSON.parse(stdout);
    if (measure.dumps !== count || measure.adopted !== expected) throw new Error(`expected ${count}, got ${stdout}`);
    console.error(`rebuilt ${count} dumps, ${expected} from manifests alone: ${measure.seconds} s`);
    return measure;
  };
  const read = (folder: string) => rcloneCopy(`bench:${name}/${PREFIX}/${folder}`, endpoint);
  // In this order: the first leaves the journal that the second reads.
  const objects = await read('dumps');
  const fromManifests = await once(count);
  const events = await read('journal');
  const fromJournal = await once(0);
  return { count, objects, fromManifests, events, fromJournal };
}

/** Seconds that it takes to read a folder of the bucket, as many objects at a time as a rebuilding does. */
async function rcloneCopy(from: string, endpoint: string): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'datasens-bench-'));
  try {
    const started = performance.now();
    await run('rclone', ['copy', '--transfers=16', '--checkers=16', from, folder], {
      env: { PATH: process.env.PATH, ...rcloneEnvironment(endpoint) },
    });
    return (performance.now() - started) / 1_000;
  } finally {
    await rm(folder, { recursive: true });
  }
}
