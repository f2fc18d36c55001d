import type { BlobStore } from '@datasens/core/storage/blob-store.ts';

/** Copies everything in `store` to `copy`, and there turns over every bit of one byte in the middle of the object `key`. */
export async function damageCopy(store: BlobStore, copy: BlobStore, key: string): Promise<{ position: number }> {
  for (let cursor: string | undefined; ; ) {
    const { blobs, next } = await store.list('', { cursor });
    for (const blob of blobs) await copy.put(blob.key, store.read(blob.key));
    if (next === undefined) break;
    cursor = next;
  }
  const bytes = Buffer.concat(await Array.fromAsync(store.read(key)));
  const position = Math.floor(bytes.length / 2);
  bytes.writeUInt8(bytes.readUInt8(position) ^ 0xff, position);
  await copy.put(key, [bytes]);
  return { position };
}
