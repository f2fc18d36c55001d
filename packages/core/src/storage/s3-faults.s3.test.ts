import { testBucket } from '@datasens/testkit/s3-bucket.ts';
import { type S3Operation, s3Proxy, type WireFault } from '@datasens/testkit/s3-proxy.ts';
import { s3Servers } from '@datasens/testkit/s3-servers.ts';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { BlobStore, PutOptions } from './blob-store.ts';
import { s3Store } from './s3.ts';

/** Three parts: of 16 MiB, 16 MiB and 1 MiB. */
const LARGE = Buffer.alloc(33 * 1_048_576);
for (let i = 0; i < LARGE.length; i += 4_096) LARGE.writeUInt32BE(i, i);
const SMALL = Buffer.from('{"manifest": true}');
/** After this long without a byte a connection counts as dead, where a test waits for that. */
const IDLE_MS = 500;

interface Case {
  readonly operation: S3Operation;
  readonly fault: WireFault;
  /** How often, from which one on. */
  readonly times?: number;
  readonly from?: number;
}

afterEach(() => vi.unstubAllEnvs());

describe.for(s3Servers())('on $kind', ({ kind, endpoint }) => {
  /** A store behind a proxy with one fault, the bucket itself, and how many uploads are unfinished there. */
  async function behind({ operation, fault, times = 1, from = 0 }: Case) {
    const bucket = await testBucket(endpoint);
    const proxy = await s3Proxy(endpoint, (each, before) =>
      each === operation && before >= from && before < from + times ? fault : undefined,
    );
    const settings = { bucket: bucket.name, prefix: 'p', idleTimeoutMs: fault === 'stall' ? IDLE_MS : 60_000 };
    return {
      store: s3Store({ ...settings, endpoint: proxy.endpoint }),
      plain: s3Store({ ...settings, endpoint }),
      unfinished: () => bucket.unfinishedUploads(),
      [Symbol.asyncDispose]: () => proxy[Symbol.asyncDispose](),
    };
  }

  test.for<Case>([
    { operation: 'CreateUpload', fault: 'drop' },
    { operation: 'UploadPart', fault: 'drop', from: 1 },
    { operation: 'UploadPart', fault: 'lose answer', from: 2 },
    { operation: 'UploadPart', fault: 'stall' },
    { operation: 'UploadPart', fault: 'twice' },
    { operation: 'UploadPart', fault: 500, times: 3 },
    { operation: 'UploadPart', fault: 503, times: 3 },
    { operation: 'CompleteUpload', fault: 'drop' },
    { operation: 'CompleteUpload', fault: 'lose answer' },
    { operation: 'CompleteUpload', fault: 'lose answer', times: 99 },
    { operation: 'CompleteUpload', fault: 'stall' },
    { operation: 'CompleteUpload', fault: 'twice' },
    { operation: 'CompleteUpload', fault: 503, times: 2 },
  ])('a large object is stored, once and whole, although: $operation $fault ($times)', async (fault) => {
    for (const options of [{}, { ifAbsent: true }]) {
      await using world = await behind(fault);
      const { etag } = await world.store.put('k', piecesOf(LARGE), options);
      expect((await readAll(world.plain, 'k')).equals(LARGE)).toBe(true);
      expect((await world.plain.head('k')).etag).toBe(etag);
      expect(await world.unfinished()).toBe(0);
    }
  });

  test.for<readonly [Case, string]>([
    [{ operation: 'CreateUpload', fault: 403 }, 'NotAllowed'],
    [{ operation: 'UploadPart', fault: 403, from: 1 }, 'NotAllowed'],
    [{ operation: 'UploadPart', fault: 500, times: 99 }, 'Transient'],
    [{ operation: 'UploadPart', fault: 'drop', times: 99 }, 'Transient'],
    [{ operation: 'CompleteUpload', fault: 403, times: 99 }, 'NotAllowed'],
    [{ operation: 'CompleteUpload', fault: 'drop', times: 99 }, 'Transient'],
    [{ operation: 'CompleteUpload', fault: 503, times: 99 }, 'Transient'],
  ])('a large object leaves nothing, not even parts, after: %j', async ([fault, name]) => {
    await using world = await behind(fault);
    await expect(world.store.put('k', piecesOf(LARGE))).rejects.toMatchObject({ name });
    expect((await world.plain.list('')).blobs).toEqual([]);
    expect(await world.unfinished()).toBe(0);
  });

  test.for<readonly [Case, PutOptions]>([
    [{ operation: 'PutObject', fault: 'lose answer' }, {}],
    // The probe for conditional writes takes the first two.
    [{ operation: 'PutObject', fault: 'lose answer' }, { ifAbsent: true }],
    [{ operation: 'PutObject', fault: 'lose answer', from: 2 }, { ifAbsent: true }],
    [{ operation: 'PutObject', fault: 'lose answer', from: 2, times: 99 }, { ifAbsent: true }],
    [{ operation: 'PutObject', fault: 'twice', from: 2 }, { ifAbsent: true }],
    [{ operation: 'PutObject', fault: 'stall', from: 2 }, { ifAbsent: true }],
    [{ operation: 'PutObject', fault: 503, from: 2, times: 3 }, { ifAbsent: true }],
  ])('a small object is known to be ours, although: %j', async ([fault, options]) => {
    await using world = await behind(fault);
    await world.store.put('k', [SMALL], options);
    expect((await readAll(world.plain, 'k')).equals(SMALL)).toBe(true);
    // Another writer's is not.
    await expect(world.plain.put('k', [SMALL], { ifAbsent: true })).rejects.toMatchObject({ name: 'Conflict' });
  });

  test('a body that breaks off, or a caller who does, leaves no parts', async () => {
    await using world = await behind({ operation: 'other', fault: 'drop', times: 0 });
    async function* broken() {
      yield LARGE;
      throw new Error('tool died');
    }
    await expect(world.store.put('k', broken())).rejects.toThrow('tool died');
    const abort = new AbortController();
    async function* aborted() {
      yield LARGE;
      abort.abort(new Error('stop'));
      await new Promise(() => undefined);
    }
    await expect(world.store.put('k', aborted(), { signal: abort.signal })).rejects.toThrow('stop');
    expect((await world.plain.list('')).blobs).toEqual([]);
    expect(await world.unfinished()).toBe(0);
  });

  test.for<Case>([
    { operation: 'GetObject', fault: 'drop' },
    { operation: 'GetObject', fault: 'cut answer' },
    { operation: 'GetObject', fault: 'cut answer', times: 4 },
    { operation: 'GetObject', fault: 503, times: 3 },
    { operation: 'GetObject', fault: 'stall' },
  ])('a read goes on where it broke: %j', async (fault) => {
    await using world = await behind(fault);
    await world.plain.put('k', piecesOf(LARGE));
    expect((await readAll(world.store, 'k')).equals(LARGE)).toBe(true);
    const range = { start: 5, end: 20_000_000 };
    const part = Buffer.concat(await Array.fromAsync(world.store.read('k', { range })));
    expect(part.equals(LARGE.subarray(5, 20_000_001))).toBe(true);
  });

  test('a read does not go on in another version', async () => {
    await using world = await behind({ operation: 'GetObject', fault: 'cut answer' });
    await world.plain.put('k', piecesOf(LARGE));
    const reading = world.store.read('k')[Symbol.asyncIterator]();
    await reading.next();
    await world.plain.put('k', [SMALL]);
    const rest = async () => {
      while (!(await reading.next()).done);
    };
    await expect(rest()).rejects.toMatchObject({ name: 'Conflict' });
  });

  test('a version that the server will not delete is not taken for one that is gone', async () => {
    const fault = { status: 400, code: 'InvalidArgument' };
    await using world = await behind({ operation: 'DeleteObject', fault, times: 99 });
    await world.plain.put('k', [SMALL]);
    const [version] = (await world.plain.versions('k')).versions;
    await expect(world.store.deleteVersion('k', version?.versionId ?? '')).rejects.toMatchObject({
      details: { code: 'InvalidArgument' },
    });
  });

  test('a listing of versions that comes back to where it was ends', async () => {
    await using world = await behind({ operation: 'ListVersions', fault: 'first answer', times: 9_999 });
    for (const key of ['a', 'b']) await world.plain.put(key, [SMALL]);
    const { versions, next } = await world.store.versions('', { limit: 1 });
    expect(versions).toMatchObject([{ key: 'a' }]);
    await expect(world.store.versions('', { limit: 1, cursor: next })).rejects.toMatchObject({
      name: 'ConfigError',
      message: expect.stringContaining('does not go on'),
    });
  });

  test('a server that knows no conditional writes is refused before anything is written', async () => {
    await using world = await behind({ operation: 'PutObject', fault: 'no condition', times: 99 });
    const error = await world.store.put('k', [SMALL], { ifAbsent: true }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      name: 'ConfigError',
      message: expect.stringContaining('ignores conditional writes'),
    });
    expect((await world.plain.list('')).blobs).toEqual([]);
  });

  test('a bucket with Object Lock takes objects, small and large, and shows what it should', async () => {
    const { name: bucket } = await testBucket(endpoint, { objectLock: true });
    const store = s3Store({ bucket, prefix: 'p', endpoint });
    await store.put('small', [SMALL], { ifAbsent: true });
    await store.put('large', piecesOf(LARGE), { ifAbsent: true });
    await store.copy('small', 'copy');
    await store.delete('small');
    expect((await store.list('')).blobs.map(({ key }) => key)).toEqual(['copy', 'large']);
    expect((await readAll(store, 'large')).equals(LARGE)).toBe(true);
  });

  test('an inspection tells of versions, and of a clock that will be refused', async () => {
    await using plain = await behind({ operation: 'other', fault: 'drop', times: 0 });
    expect(await plain.store.inspect?.()).toEqual([expect.stringContaining('no versions are kept')]);
    const { name: bucket } = await testBucket(endpoint, { versioning: true });
    expect(await s3Store({ bucket, prefix: '', endpoint }).inspect?.()).toEqual(['versions are kept']);
    await using skewed = await behind({ operation: 'other', fault: 'wrong date' });
    const error = await skewed.store.inspect?.().catch((reason: unknown) => reason);
    expect(error).toMatchObject({ name: 'ConfigError', message: expect.stringContaining('clock') });
  });

  // MinIO takes any region unless it was given one.
  test.runIf(kind === 'versitygw')('a region that is wrong is named', async () => {
    const { name: bucket } = await testBucket(endpoint);
    vi.stubEnv('AWS_REGION', 'eu-west-3');
    const store = s3Store({ bucket, prefix: '', endpoint });
    for (const call of callsOf(store)) {
      await expect(call()).rejects.toMatchObject({
        name: 'ConfigError',
        message: expect.stringContaining('AWS_REGION'),
      });
    }
  });

  test('a bucket that is missing is named, whatever is asked of it', async () => {
    const store = s3Store({ bucket: 'no-such-bucket-here', prefix: '', endpoint });
    for (const call of callsOf(store)) {
      await expect(call()).rejects.toMatchObject({
        name: 'ConfigError',
        message: expect.stringContaining('no-such-bucket-here'),
      });
    }
  });

  test.for([
    ['AWS_ACCESS_KEY_ID', 'nobody'],
    ['AWS_SECRET_ACCESS_KEY', 'another-secret'],
  ])('credentials that are wrong (%s) are NotAllowed, and told to nobody', async ([variable = '', value = '']) => {
    const { name: bucket } = await testBucket(endpoint);
    vi.stubEnv(variable, value);
    const store = s3Store({ bucket, prefix: '', endpoint });
    for (const call of callsOf(store)) {
      const error = await call().catch((reason: unknown) => reason);
      expect(error).toMatchObject({ name: 'NotAllowed' });
      const told = JSON.stringify([error, (error as Error).message, (error as Error).stack, (error as Error).cause]);
      expect(told).not.toMatch(/another-secret|a-secret-of-tests-alone|Signature=|Credential=/);
    }
  });

  test('a write of somebody else counts as theirs', async () => {
    const bucket = await testBucket(endpoint);
    await bucket.put('p/k', SMALL);
    const store = s3Store({ bucket: bucket.name, prefix: 'p', endpoint });
    await expect(store.put('k', [SMALL], { ifAbsent: true })).rejects.toMatchObject({ name: 'Conflict' });
    await expect(store.put('k', piecesOf(LARGE), { ifAbsent: true })).rejects.toMatchObject({ name: 'Conflict' });
    expect((await readAll(store, 'k')).equals(SMALL)).toBe(true);
  });
});

test('a server that is not there is Transient', async () => {
  vi.stubEnv('AWS_MAX_ATTEMPTS', '1');
  const store = s3Store({ bucket: 'bucket', prefix: '', endpoint: 'http://127.0.0.1:9' });
  await expect(store.head('k')).rejects.toMatchObject({ name: 'Transient' });
});

function callsOf(store: BlobStore): (() => Promise<unknown>)[] {
  return [
    () => store.head('k'),
    () => readAll(store, 'k'),
    () => store.put('k', [SMALL]),
    () => store.put('k', piecesOf(LARGE)),
    () => store.list(''),
    () => store.copy('k', 'l'),
    () => store.inspect?.() ?? Promise.resolve(),
  ];
}

function* piecesOf(body: Buffer) {
  for (let i = 0; i < body.length; i += 1_000_000) yield body.subarray(i, i + 1_000_000);
}

async function readAll(store: BlobStore, key: string): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(store.read(key)));
}
