import { seedObjects } from '@datasens/testkit/many-objects.ts';
import { type TestBucket, testBucket } from '@datasens/testkit/s3-bucket.ts';
import { s3Proxy } from '@datasens/testkit/s3-proxy.ts';
import { type S3Server, startS3Server } from '@datasens/testkit/s3-server.ts';
import { ownS3Kinds } from '@datasens/testkit/s3-servers.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MAX_PAGE } from './list-page.ts';
import { s3Store } from './s3.ts';

const COUNT = 100_000;
const MIDDLE = 50_000;
const keys = Array.from({ length: COUNT }, (_, i) => `journal/${String(i).padStart(12, '0')}.json`);
const [key0 = '', keyOfMiddle = '', keyAfterMiddle = ''] = [keys[0], keys[MIDDLE], keys[MIDDLE + 1]];

describe.for(ownS3Kinds())('100,000 objects on %s', (kind) => {
  const resources = new AsyncDisposableStack();
  let server: S3Server;
  let bucket: TestBucket;

  beforeAll(async () => {
    server = resources.use(await startS3Server(kind));
    bucket = await testBucket(server.endpoint);
    await seedObjects(server, bucket, keys, '{}');
  });
  afterAll(() => resources.disposeAsync());

  const open = (endpoint = server.endpoint) => s3Store({ bucket: bucket.name, prefix: '', endpoint });

  test('are listed in order, a thousand at a time', async () => {
    const store = open();
    // versitygw reads the whole folder for each page, so that all of them would take it half a minute.
    const from = kind === 'versitygw' ? COUNT - 15_000 : 0;
    const after = from === 0 ? undefined : keys[from - 1];
    let listed = from;
    for (let cursor: string | undefined; ; ) {
      const { blobs, next } = await store.list('journal/', { after, cursor });
      expect(blobs.length).toBeLessThanOrEqual(MAX_PAGE);
      const odd = blobs.find(({ key }, i) => key !== keys[listed + i]);
      expect(odd).toBeUndefined();
      listed += blobs.length;
      if (next === undefined) break;
      cursor = next;
    }
    expect(listed).toBe(COUNT);
  });

  test('have a page from any key, which costs one request, and one after it', async () => {
    await using proxy = await s3Proxy(server.endpoint, () => undefined);
    const store = open(proxy.endpoint);
    const page = { after: keyOfMiddle, limit: 256 };
    const first = await store.list('journal/', page);
    expect(first.blobs.map(({ key }) => key)).toEqual(keys.slice(MIDDLE + 1, MIDDLE + 257));
    const second = await store.list('journal/', { ...page, cursor: first.next });
    expect(second.blobs.map(({ key }) => key)).toEqual(keys.slice(MIDDLE + 257, MIDDLE + 513));
    expect(proxy.operations).toEqual(['ListObjects', 'ListObjects']);
    const last = await store.list('journal/', { after: keys.at(-3) });
    expect(last).toMatchObject({ blobs: [{ key: keys.at(-2) }, { key: keys.at(-1) }] });
    expect(last.next).toBeUndefined();
  });

  test('hinder nobody who creates, reads and deletes one', async () => {
    const store = open();
    await store.put(`${keyOfMiddle}.new`, [Buffer.from('new')], { ifAbsent: true });
    await expect(store.put(keyOfMiddle, [Buffer.from('new')], { ifAbsent: true })).rejects.toMatchObject({
      name: 'Conflict',
    });
    await store.delete(keyOfMiddle);
    await expect(store.head(keyOfMiddle)).rejects.toMatchObject({ name: 'NotFound' });
    for (const key of [key0, keyAfterMiddle]) {
      expect(Buffer.concat(await Array.fromAsync(store.read(key))).toString()).toBe('{}');
    }
    const { blobs } = await store.list('journal/', { after: keys[MIDDLE - 1], limit: 2 });
    expect(blobs.map(({ key }) => key)).toEqual([`${keyOfMiddle}.new`, keyAfterMiddle]);
  });
});
