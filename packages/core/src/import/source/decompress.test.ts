import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { BOMB_BYTES, decompress } from './decompress.ts';

const TEXT = Buffer.from('id;nom\n1;été\n'.repeat(5_000));

async function* inChunks(bytes: Buffer, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const plain = async (bytes: Buffer, kind: 'gzip' | 'zstd', size = 65_536) =>
  Buffer.concat(await Array.fromAsync(decompress(inChunks(bytes, size), kind)));

describe.each([
  ['gzip', gzipSync],
  ['zstd', zstdCompressSync],
] as const)('%s', (kind, compress) => {
  const one = compress(TEXT);

  test.for([1, 7, one.length, one.length + 3, 65_536])('gives every member, in chunks of %i bytes', async (size) => {
    const three = Buffer.concat([one, compress(Buffer.alloc(0)), one, one]);
    expect((await plain(three, kind, size)).equals(Buffer.concat([TEXT, TEXT, TEXT]))).toBe(true);
  });

  test.for([1, 5, one.length - 1])('is refused when its second member is cut after %i bytes', async (kept) => {
    const cut = Buffer.concat([one, one.subarray(0, kept)]);
    for (const size of [one.length, 65_536]) {
      await expect(plain(cut, kind, size)).rejects.toMatchObject({
        name: 'InvalidInput',
        message: expect.stringMatching(/is cut off|followed by something else/),
      });
    }
  });

  test('is refused when something else follows', async () => {
    await expect(plain(Buffer.concat([one, Buffer.from('and more')]), kind)).rejects.toMatchObject({
      name: 'InvalidInput',
    });
  });

  test('is refused when it is damaged', async () => {
    const damaged = Buffer.from(one);
    damaged[damaged.length - 6] = (damaged[damaged.length - 6] ?? 0) ^ 0xff;
    await expect(plain(damaged, kind)).rejects.toMatchObject({ name: 'InvalidInput' });
  });

  test('is refused as a bomb before much of it is out', async () => {
    const bomb = Buffer.concat(Array.from({ length: 40 }, () => compress(Buffer.alloc(8 * 1024 * 1024))));
    let out = 0;
    const reading = async () => {
      for await (const chunk of decompress(inChunks(bomb, 65_536), kind)) out += chunk.length;
    };
    await expect(reading()).rejects.toThrow(/compression bomb/);
    expect(out).toBeLessThanOrEqual(BOMB_BYTES);
  });

  test('passes the errors of its source on, and lets go of a source that is not read to its end', async () => {
    async function* failing() {
      yield one.subarray(0, 10);
      throw new Error('disk');
    }
    await expect(Array.fromAsync(decompress(failing(), kind))).rejects.toThrow('disk');
    const released = Promise.withResolvers<void>();
    async function* endless() {
      try {
        for (;;) yield one;
      } finally {
        released.resolve();
      }
    }
    for await (const chunk of decompress(endless(), kind)) {
      expect(chunk.length).toBeGreaterThan(0);
      break;
    }
    await released.promise;
  });
});

test('gzip may be padded with zeros', async () => {
  const padded = Buffer.concat([gzipSync(TEXT), Buffer.alloc(512)]);
  for (const size of [100, 65_536]) expect((await plain(padded, 'gzip', size)).equals(TEXT)).toBe(true);
});
