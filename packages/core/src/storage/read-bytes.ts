import type { FileHandle } from 'node:fs/promises';
import type { ReadOptions } from './blob-store.ts';

const CHUNK_BYTES = 524_288;

/**
 * Streams an open file, or a range of it (inclusive), as far as there are bytes. Each chunk is the caller's to keep; the
 * next one is read meanwhile.
 */
export async function* readBytes(
  handle: FileHandle,
  { start, end }: NonNullable<ReadOptions['range']>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  const readAt = (position: number) => {
    const wanted = Math.min(CHUNK_BYTES, end - position + 1);
    return wanted > 0 ? handle.read(Buffer.allocUnsafeSlow(wanted), 0, wanted, position) : undefined;
  };
  let reading = readAt(start);
  try {
    for (let position = start; reading; ) {
      signal?.throwIfAborted();
      const { buffer, bytesRead } = await reading;
      signal?.throwIfAborted();
      if (bytesRead === 0) return;
      position += bytesRead;
      reading = readAt(position);
      // Its failure is told when it is its turn.
      reading?.catch(() => undefined);
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    // Whoever opened the file may close it.
    await reading?.catch(() => undefined);
  }
}
