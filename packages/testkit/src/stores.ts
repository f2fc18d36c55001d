import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { BlobStore } from '@datasens/core/storage/blob-store.ts';
import { fileStore } from '@datasens/core/storage/file.ts';
import { s3Store } from '@datasens/core/storage/s3.ts';
import { inject } from 'vitest';
import { type TestBucket, testBucket } from './s3-bucket.ts';
import { sharedS3Server } from './s3-servers.ts';
import type { StoreKind } from './store-kinds.ts';
import { temporaryFolder } from './temporary-folder.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** What the bucket of the project's tests is (vitest.config.ts). */
    storeKind: StoreKind;
  }
}

/** An empty store of one test, and the same place as another program sees it. Disposing of it removes what can be. */
export interface TestStore extends AsyncDisposable {
  readonly store: BlobStore;
  /** What a process needs in its environment to reach it. */
  readonly env: Readonly<Record<string, string>>;
  /** What somebody else does to the objects, past the store. */
  readonly outside: Outside;
}

export interface Outside {
  read(key: string): Promise<Buffer>;
  write(key: string, bytes: Buffer | string): Promise<void>;
  remove(key: string): Promise<void>;
}

/** Every kind of store that tests run on, and how one comes by an empty one. */
const stores: Readonly<Record<StoreKind, () => Promise<TestStore>>> = {
  file: folder,
  minio: bucket,
  versitygw: bucket,
  other: bucket,
};

/** A store of the kind that the project is about. */
export function testStore(): Promise<TestStore> {
  return stores[inject('storeKind')]();
}

async function folder(): Promise<TestStore> {
  const { path, [Symbol.asyncDispose]: remove } = await temporaryFolder();
  const pathOf = (key: string) => join(path, ...key.split('/'));
  return {
    store: fileStore(path),
    env: { DATASENS_STORAGE: pathToFileURL(path).href },
    outside: {
      read: (key) => readFile(pathOf(key)),
      async write(key, bytes) {
        await mkdir(dirname(pathOf(key)), { recursive: true });
        await writeFile(pathOf(key), bytes);
      },
      remove: (key) => rm(pathOf(key)),
    },
    [Symbol.asyncDispose]: remove,
  };
}

async function bucket(): Promise<TestStore> {
  const { endpoint } = sharedS3Server();
  return bucketStore(endpoint, await testBucket(endpoint));
}

/** Below a prefix that has to be encoded in a request's path. */
export const S3_PREFIX = 'dumps of/prod';

/** A store in a bucket, which stays until its server goes. */
export function bucketStore(endpoint: string, { name, read, put, remove }: TestBucket): TestStore {
  const keyOf = (key: string) => `${S3_PREFIX}/${key}`;
  return {
    store: s3Store({ bucket: name, prefix: S3_PREFIX, endpoint }),
    env: { DATASENS_STORAGE: `s3://${name}/${S3_PREFIX}`, S3_ENDPOINT: endpoint },
    outside: {
      read: (key) => read(keyOf(key)),
      write: (key, bytes) => put(keyOf(key), bytes),
      remove: (key) => remove(keyOf(key)),
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
}
