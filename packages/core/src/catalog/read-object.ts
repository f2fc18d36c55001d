import { createHash } from 'node:crypto';
import { AppError } from '../errors.ts';
import type { BlobStore, ReadOptions } from '../storage/blob-store.ts';
import { freeChunk } from '../storage/free-chunk.ts';

/** The whole of a small object. Throws `NotFound`, and `CorruptDump` above `limitBytes`. */
export async function readSmallObject(
  store: BlobStore,
  key: string,
  options: ReadOptions & { readonly limitBytes?: number } = {},
): Promise<Buffer> {
  const { limitBytes = 64 * 1024 * 1024, ...readOptions } = options;
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of store.read(key, readOptions)) {
    sizeBytes += chunk.length;
    if (sizeBytes > limitBytes) throw new AppError('CorruptDump', `${key} is larger than ${limitBytes} bytes`, { key });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** What the store gives back for `key`: the size and SHA-256 of the bytes as read. Throws `NotFound`, `Conflict`. */
export async function hashObject(
  store: BlobStore,
  key: string,
  options: ReadOptions & { readonly onBytes?: (bytes: number) => void } = {},
): Promise<{ sizeBytes: number; sha256: string }> {
  const { onBytes, ...readOptions } = options;
  const hash = createHash('sha256');
  let sizeBytes = 0;
  for await (const chunk of store.read(key, readOptions)) {
    hash.update(chunk);
    sizeBytes += chunk.length;
    onBytes?.(chunk.length);
    freeChunk(chunk);
  }
  return { sizeBytes, sha256: hash.digest('hex') };
}
