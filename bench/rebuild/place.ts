import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { testBucket } from '@datasens/testkit/s3-bucket.ts';

/** A kind of storage that a bench rebuilds from. */
export interface Place {
  readonly name: string;
  readonly endpoint?: string;
  /** An empty bucket. Disposing of it removes it, or leaves it to its server. */
  open(): Promise<Bucket>;
}

export interface Bucket extends AsyncDisposable {
  /** As `DATASENS_STORAGE` has it. */
  readonly storage: string;
  /** Stores an object past the store, as fast as can be. */
  put(key: string, bytes: Buffer): Promise<void>;
}

const PREFIX = 'bench';

export function folderPlace(): Place {
  return {
    name: 'a folder',
    async open() {
      const folder = await mkdtemp(join(tmpdir(), 'datasens-bench-'));
      return {
        storage: pathToFileURL(folder).href,
        async put(key, bytes) {
          const path = join(folder, key);
          await mkdir(dirname(path), { recursive: true });
          await writeFile(path, bytes);
        },
        [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
      };
    },
  };
}

export function minioPlace(endpoint: string): Place {
  return {
    name: 'MinIO',
    endpoint,
    async open() {
      const { name, put } = await testBucket(endpoint);
      return {
        storage: `s3://${name}/${PREFIX}`,
        put: (key, bytes) => put(`${PREFIX}/${key}`, bytes),
        [Symbol.asyncDispose]: async () => undefined,
      };
    },
  };
}
