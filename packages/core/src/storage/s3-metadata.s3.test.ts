import { testBucket } from '@datasens/testkit/s3-bucket.ts';
import { s3Servers } from '@datasens/testkit/s3-servers.ts';
import { expect, test } from 'vitest';
import { s3Store } from './s3.ts';

/** What is allowed, and how much longer an entry counts than its text: see check-metadata.ts. */
const MAX_BYTES = 1_987;
const ENTRY_BYTES = 11;

const one = { k: 'x'.repeat(MAX_BYTES - ENTRY_BYTES - 1) };
const many = Object.fromEntries(Array.from({ length: 132 }, (_, i) => [String(i).padStart(3, '0'), '1']));
many['000'] = 'x'.repeat(8);

test.for(s3Servers().flatMap(({ kind, endpoint }) => [one, many].map((metadata) => ({ kind, endpoint, metadata }))))(
  'as much metadata as is allowed fits beside the own of the store on $kind, and not a byte more',
  async ({ endpoint, metadata }) => {
    const { name: bucket } = await testBucket(endpoint);
    const store = s3Store({ bucket, prefix: '', endpoint });
    await store.put('small', [Buffer.from('x')], { metadata });
    await store.put('large', [Buffer.alloc(17 * 1_048_576)], { metadata });
    await store.copy('small', 'copy');
    await store.copy('large', 'copy-in-parts', { ifAbsent: true });
    const { blobs } = await store.list('');
    expect(blobs).toHaveLength(4);
    for (const { key } of blobs) expect((await store.head(key)).metadata).toEqual(metadata);
    const [[name = '', value] = []] = Object.entries(metadata);
    const more = { ...metadata, [name]: `${value}x` };
    await expect(store.put('more', [Buffer.from('x')], { metadata: more })).rejects.toMatchObject({
      name: 'InvalidInput',
      message: expect.stringContaining('1988 bytes'),
    });
  },
);
