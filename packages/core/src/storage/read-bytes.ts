import type { FileHandle } from 'node:fs/promises';
import type { ReadOptions } from './blob-store.ts';

const CHUNK_BYTES = 524_288;

/** Streams an open file, or a range of it (inclusive), as far as there are bytes. Each chunk is the caller's to keep. */
export async function* readBytes(
  handle: FileHandle,
  { start, end }: NonNullable<ReadOptions['range']>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  for (let position = start; position <= end; ) {
    signal?.throwIfAborted();
    const wanted = Math.min(CHUNK_BYTES, end - position + 1);
    const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafeSlow(wanted), 0, wanted, position);
    signal?.throwIfAborted();
    if (bytesRead === 0) return;
    position += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}
