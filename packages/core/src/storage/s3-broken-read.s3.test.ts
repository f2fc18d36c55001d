import { testBucket } from '@datasens/testkit/s3-bucket.ts';
import { s3Proxy, type WireFault } from '@datasens/testkit/s3-proxy.ts';
import { s3Servers } from '@datasens/testkit/s3-servers.ts';
import { describe, expect, test } from 'vitest';
import { s3Store } from './s3.ts';

const BODY = Buffer.alloc(4 * 1_048_576);
for (let i = 0; i < BODY.length; i += 1_024) BODY.writeUInt32BE(i, i);

describe.for(s3Servers())('a read on $kind that broke off', ({ endpoint }) => {
  /** An object, and how it reads where the answers to its requests have these faults, one after the other. */
  async function reading(faults: readonly WireFault[]) {
    const bucket = await testBucket(endpoint);
    await bucket.put('k', BODY);
    await using proxy = await s3Proxy(endpoint, (operation, before) =>
      operation === 'GetObject' ? faults[before] : undefined,
    );
    const store = s3Store({ bucket: bucket.name, prefix: '', endpoint: proxy.endpoint });
    const chunks: Uint8Array[] = [];
    const done = async () => {
      for await (const chunk of store.read('k')) chunks.push(chunk);
    };
    const error = await done().catch((reason: unknown) => reason);
    return { error, bytes: Buffer.concat(chunks) };
  }

  test.for<readonly [string, WireFault[]]>([
    ['fails', ['cut answer', 500, 500]],
    ['is busy', ['cut answer', 503, 'cut answer', 503]],
  ])('goes on after the server %s', async ([, faults]) => {
    const { error, bytes } = await reading(faults);
    expect(error).toBeUndefined();
    expect(bytes.equals(BODY)).toBe(true);
  });

  test.for<readonly [string, WireFault]>([
    ['NotAllowed', 403],
    ['NotAllowed', { status: 400, code: 'ExpiredToken' }],
    ['NotFound', { status: 404, code: 'NoSuchKey' }],
    ['Transient', 'drop'],
  ])('is %s after %j, and what came before was right', async ([name, fault]) => {
    const { error, bytes } = await reading(['cut answer', ...Array.from({ length: 6 }, () => fault)]);
    expect(error).toMatchObject({ name });
    expect(bytes.length).toBeGreaterThan(0);
    expect(bytes.equals(BODY.subarray(0, bytes.length))).toBe(true);
  });
});
