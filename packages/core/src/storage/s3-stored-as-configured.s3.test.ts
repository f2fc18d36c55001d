import { type TestBucket, testBucket } from '@datasens/testkit/s3-bucket.ts';
import { type S3Server, startS3Server } from '@datasens/testkit/s3-server.ts';
import { ownS3Kinds, s3Servers } from '@datasens/testkit/s3-servers.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BlobStore } from './blob-store.ts';
import type { S3Options } from './open-store.ts';
import { s3Store } from './s3.ts';

const SMALL = Buffer.from('a manifest');
/** Two parts. */
const LARGE = Buffer.alloc(17 * 1_048_576, 'dump');

const servers = s3Servers();
/** What has neither: it answers as if it had done what was asked of it. */
const without = servers.find(({ kind }) => kind === 'versitygw');

describe.runIf(ownS3Kinds().includes('minio'))('on a server with a KMS and storage classes', () => {
  const resources = new AsyncDisposableStack();
  let server: S3Server;

  beforeAll(async () => {
    const key = Buffer.alloc(32, 7).toString('base64');
    server = resources.use(await startS3Server('minio', { env: { MINIO_KMS_SECRET_KEY: `our-key:${key}` } }));
  });
  afterAll(() => resources.disposeAsync());

  test.for<readonly [S3Options, object]>([
    [{ kmsKeyId: 'our-key' }, { encryption: 'aws:kms', kmsKey: 'arn:aws:kms:our-key' }],
    [{ storageClass: 'REDUCED_REDUNDANCY' }, { storageClass: 'REDUCED_REDUNDANCY' }],
    [{ storageClass: 'STANDARD' }, {}],
  ])('every object is stored as configured, however it came to be: %j', async ([settings, seen]) => {
    const { store, bucket } = await open(server.endpoint, settings);
    const keys = await writeInEveryWay(store);
    // Nothing besides: what the server was asked with is gone.
    expect((await bucket.list()).map(([key]) => key)).toEqual(keys);
    for (const key of keys) expect([key, await bucket.look(key)]).toEqual([key, seen]);
    expect(Buffer.concat(await Array.fromAsync(store.read('large'))).equals(LARGE)).toBe(true);
  });

  test.for<readonly [S3Options, string]>([
    [{ kmsKeyId: 'no-such-key' }, 'S3_KMS_KEY_ID'],
    [{ storageClass: 'NO_SUCH_CLASS' }, 'S3_STORAGE_CLASS'],
  ])('what the server does not know is a matter of the configuration: %j', async ([settings, variable]) => {
    await expectRefused(await open(server.endpoint, settings), variable);
  });
});

describe.runIf(without)('a server that ignores it is not written to', () => {
  test.for<readonly [S3Options, string]>([
    [{ kmsKeyId: 'our-key' }, 'ignores S3_KMS_KEY_ID'],
    [{ storageClass: 'STANDARD_IA' }, 'ignores S3_STORAGE_CLASS'],
  ])('%j', async ([settings, reason]) => {
    await expectRefused(await open(without?.endpoint ?? '', settings), reason);
  });
});

interface Opened {
  readonly store: BlobStore;
  readonly bucket: TestBucket;
}

async function open(endpoint: string, settings: S3Options): Promise<Opened> {
  const bucket = await testBucket(endpoint);
  return { bucket, store: s3Store({ bucket: bucket.name, prefix: '', endpoint, ...settings }) };
}

/** The keys, in order. */
async function writeInEveryWay(store: BlobStore): Promise<string[]> {
  await store.put('small', [SMALL]);
  await store.put('large', [LARGE]);
  await store.copy('small', 'copy');
  await store.copy('large', 'copy-in-parts', { ifAbsent: true });
  return ['copy', 'copy-in-parts', 'large', 'small'];
}

/** Each write is, and what is there stays as it is. */
async function expectRefused({ store, bucket }: Opened, reason: string): Promise<void> {
  await bucket.put('k', SMALL);
  for (const write of [
    () => store.put('k', [LARGE.subarray(0, 9)]),
    () => store.put('l', [LARGE]),
    () => store.copy('k', 'l'),
    () => store.copy('k', 'l', { ifAbsent: true }),
  ]) {
    const error = await write().catch((failure: unknown) => failure);
    expect(error).toMatchObject({ name: 'ConfigError', message: expect.stringContaining(reason) });
  }
  expect(await bucket.list()).toEqual([['k', SMALL.length]]);
  expect(await bucket.unfinishedUploads()).toBe(0);
}
