import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { testBucket } from '@datasens/testkit/s3-bucket.ts';
import { type S3Operation, s3Proxy, type WireFault } from '@datasens/testkit/s3-proxy.ts';
import { startS3Server } from '@datasens/testkit/s3-server.ts';
import { ownS3Kinds, s3Servers } from '@datasens/testkit/s3-servers.ts';
import { describe, expect, test } from 'vitest';
import type { BlobStore } from './blob-store.ts';
import { s3Store } from './s3.ts';

const GIB = 1_073_741_824;
const BODY = Buffer.from('{"manifest": true}');

interface Case {
  readonly operation: S3Operation;
  readonly fault: WireFault;
  readonly times?: number;
}

describe.for(s3Servers())('a copy on $kind', ({ endpoint }) => {
  /** A store behind a proxy with one fault, with an object `from`; and the same without the proxy. */
  async function behind({ operation, fault, times = 1 }: Case) {
    const bucket = await testBucket(endpoint);
    const proxy = await s3Proxy(endpoint, (each, before) => (each === operation && before < times ? fault : undefined));
    const settings = { bucket: bucket.name, prefix: 'p' };
    const plain = s3Store({ ...settings, endpoint });
    await plain.put('from', [BODY], { metadata: { v: '1' } });
    return {
      bucket,
      plain,
      store: s3Store({ ...settings, endpoint: proxy.endpoint }),
      [Symbol.asyncDispose]: () => proxy[Symbol.asyncDispose](),
    };
  }

  test.for([`spaces and+plus %41 50% ?version=1&x #y 'a' "b" (c) [d] {e} a~b!*.json`, 'é/€/😀/ñ', '%2F%00/..a/a..'])(
    'is of the very key: %j',
    async (key) => {
      const { name: bucket } = await testBucket(endpoint, { versioning: true });
      const store = s3Store({ bucket, prefix: 'p q', endpoint });
      await store.put(key, [BODY], { metadata: { v: '1' } });
      for (const ifAbsent of [false, true]) {
        const copy = `${key} copied, ${ifAbsent}`;
        await store.copy(key, copy, { ifAbsent });
        expect((await readAll(store, copy)).equals(BODY)).toBe(true);
        expect((await store.head(copy)).metadata).toEqual({ v: '1' });
      }
    },
  );

  test.for<readonly [S3Operation, string]>([
    ['CopyObject', 'as long as it was?'],
    ['UploadPartCopy', 'as long as it was?'],
    ['UploadPartCopy', 'shorter'],
  ])('of what is replaced meanwhile is a Conflict: %s, %s', async ([operation, other]) => {
    let replace = () => Promise.resolve();
    await using world = await behind({ operation, fault: { meanwhile: () => replace() } });
    replace = () => world.bucket.put('p/from', other);
    const copied = world.store.copy('from', 'to', { ifAbsent: operation === 'UploadPartCopy' });
    await expect(copied).rejects.toMatchObject({ name: 'Conflict' });
    expect(await world.bucket.list()).toEqual([['p/from', other.length]]);
    expect(await world.bucket.unfinishedUploads()).toBe(0);
  });

  test.for<Case>([
    { operation: 'CopyObject', fault: 'lose answer' },
    { operation: 'CopyObject', fault: 503, times: 2 },
    // Copying takes long: the answer has begun when it fails (S3 API reference, "CopyObject").
    { operation: 'CopyObject', fault: { status: 200, code: 'InternalError' } },
    { operation: 'UploadPartCopy', fault: 'drop' },
    { operation: 'UploadPartCopy', fault: 'lose answer' },
    { operation: 'UploadPartCopy', fault: { status: 200, code: 'InternalError' } },
    { operation: 'CompleteUpload', fault: 'lose answer', times: 99 },
    { operation: 'CompleteUpload', fault: { status: 200, code: 'InternalError' } },
  ])('is made although: %j', async (fault) => {
    await using world = await behind(fault);
    await world.store.copy('from', 'to', { ifAbsent: fault.operation !== 'CopyObject' });
    expect((await readAll(world.plain, 'to')).equals(BODY)).toBe(true);
    expect((await world.plain.head('to')).metadata).toEqual({ v: '1' });
    expect(await world.bucket.unfinishedUploads()).toBe(0);
  });
});

describe.runIf(ownS3Kinds().includes('versitygw'))('a copy of what is large', () => {
  /** An object `from` that is a hole but for some bytes, which costs nothing: the objects of versitygw are files. */
  async function withHole(sizeBytes: number, ...written: number[]) {
    await using resources = new AsyncDisposableStack();
    const server = resources.use(await startS3Server('versitygw'));
    const bucket = await testBucket(server.endpoint);
    await using file = await open(join(server.dataFolder, bucket.name, 'from'), 'w');
    await file.truncate(sizeBytes);
    for (const position of written) await file.write(`at ${position}`, position);
    const owned = resources.move();
    return { server, bucket, [Symbol.asyncDispose]: () => owned.disposeAsync() };
  }

  test('in parts puts them together in their order', async () => {
    const places = [0, GIB - 4_096, GIB, GIB + 4_096] as const;
    const sizeBytes = GIB + 8_192;
    await using world = await withHole(sizeBytes, ...places);
    const store = s3Store({ bucket: world.bucket.name, prefix: '', endpoint: world.server.endpoint });
    expect(await store.copy('from', 'to', { ifAbsent: true })).toMatchObject({ sizeBytes });
    expect((await store.head('to')).sizeBytes).toBe(sizeBytes);
    for (const start of places) {
      const text = `at ${start}`;
      const range = { start, end: start + 4_095 };
      const copied = Buffer.concat(await Array.fromAsync(store.read('to', { range })));
      expect(copied.equals(Buffer.concat([Buffer.from(text)], 4_096))).toBe(true);
    }
  });

  // MinIO copies any at once, which AWS does not. No byte is copied: so many would take half a minute.
  test.for<readonly [number, S3Operation]>([
    [5 * GIB, 'CopyObject'],
    [5 * GIB + 1, 'UploadPartCopy'],
  ])('%i bytes is made by %s, and leaves nothing where that is refused', async ([sizeBytes, operation]) => {
    await using world = await withHole(sizeBytes);
    await using proxy = await s3Proxy(world.server.endpoint, (each) => (each === operation ? 403 : undefined));
    const store = s3Store({ bucket: world.bucket.name, prefix: '', endpoint: proxy.endpoint });
    await expect(store.copy('from', 'to')).rejects.toMatchObject({ name: 'NotAllowed' });
    const copying = proxy.operations.filter((each) => each === 'CopyObject' || each === 'UploadPartCopy');
    expect(new Set(copying)).toEqual(new Set([operation]));
    expect(await world.bucket.list()).toEqual([['from', sizeBytes]]);
    expect(await world.bucket.unfinishedUploads()).toBe(0);
  });
});

async function readAll(store: BlobStore, key: string): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(store.read(key)));
}
