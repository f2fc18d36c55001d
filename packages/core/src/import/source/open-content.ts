import { createHash } from 'node:crypto';
import { type Compression, detectCompression } from './compression.ts';
import { decompress } from './decompress.ts';
import { peek } from './peek.ts';
import type { Source } from './source.ts';

/** What a source holds, decompressed. To be iterated once. */
export interface Content {
  readonly compression: Compression;
  readonly bytes: AsyncIterable<Uint8Array>;
  /** Of the stored bytes that were read so far: of all of them, once `bytes` has ended. */
  stored(): { readonly sha256: string; readonly sizeBytes: number };
  /** How many of them were read so far. */
  readBytes(): number;
}

/**
 * Begins to read `source`, hashing the stored bytes on their way; `raw` leaves them compressed. Throws what reading and
 * decompressing throw.
 */
export async function openContent(
  source: Source,
  signal?: AbortSignal,
  { raw = false }: { readonly raw?: boolean } = {},
): Promise<Content> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  async function* hashed(): AsyncGenerator<Uint8Array> {
    for await (const chunk of source.read({ signal })) {
      hash.update(chunk);
      sizeBytes += chunk.length;
      yield chunk;
    }
  }
  const { head, all } = await peek(hashed(), 4);
  const compression = detectCompression(head);
  return {
    compression,
    bytes: raw || compression === 'none' ? all : decompress(all, compression),
    readBytes: () => sizeBytes,
    stored: () => ({ sha256: hash.copy().digest('hex'), sizeBytes }),
  };
}
