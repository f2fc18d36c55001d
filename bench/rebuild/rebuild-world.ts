import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Deps } from '@datasens/core/deps.ts';
import { openDatabase } from '@datasens/core/postgres/pool.ts';
import type { DatabaseTarget } from '@datasens/core/postgres/target.ts';
import { openStore } from '@datasens/core/storage/open-store.ts';
import type { Bucket, Place } from './place.ts';
import type { RebuildMeasure, RebuildOnceRequest } from './rebuild-once.ts';

export interface RebuildOptions {
  /** Of the bundle of rebuild-once.ts. */
  readonly program: string;
  /** A database that has just been migrated, with nothing else; the one before goes. */
  readonly newAudit: () => Promise<DatabaseTarget>;
}

type Seed = (deps: Pick<Deps, 'db' | 'store' | 'signal'>, bucket: Bucket, count: number) => Promise<void>;

/** A bucket of `count` dumps, and a rebuilding from it, which leaves it with the journal of all of them. */
export interface RebuildWorld extends AsyncDisposable {
  readonly bucket: Bucket;
  /** `adopted` dumps are to come from their manifests. `flags` are those of Node. */
  rebuild(adopted: number, flags?: readonly string[]): Promise<RebuildMeasure>;
}

export async function rebuildWorld(
  place: Place,
  count: number,
  seed: Seed,
  { program, newAudit }: RebuildOptions,
): Promise<RebuildWorld> {
  const bucket = await place.open();
  const { endpoint } = place;
  {
    await using db = openDatabase(await newAudit());
    const store = await openStore(bucket.storage, { endpoint });
    await seed({ db, store, signal: new AbortController().signal }, bucket, count);
  }
  return {
    bucket,
    async rebuild(adopted, flags = []) {
      const request: RebuildOnceRequest = {
        audit: await newAudit(),
        storage: bucket.storage,
        ...(endpoint === undefined ? {} : { endpoint }),
      };
      const { stdout } = await promisify(execFile)(process.execPath, [...flags, program, JSON.stringify(request)]);
      const measure: RebuildMeasure = JSON.parse(stdout);
      if (measure.dumps !== count || measure.adopted !== adopted) throw new Error(`expected ${count}, got ${stdout}`);
      console.error(
        `${place.name}: ${count} dumps, ${adopted} from manifests alone ${flags.join(' ')}: ${stdout.trim()}`,
      );
      return measure;
    },
    [Symbol.asyncDispose]: () => bucket[Symbol.asyncDispose](),
  };
}
