import { type Body, inPieces, sizeOf } from './in-pieces.ts';

const BUFFER_BYTES = 1_048_576;

/**
 * Passes the bytes of `body` to `write` in pieces of 1 MiB, of which one is being written while the next fills: two
 * buffers are all the memory it takes, less for a small body, and a slow disk slows the body down.
 *
 * Rejects as `inPieces` does, or with the error of `write`; no write is under way by then.
 */
export async function drainBody(
  body: Body,
  write: (bytes: Uint8Array) => Promise<void>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const bufferBytes = Math.min(sizeOf(body) ?? BUFFER_BYTES, BUFFER_BYTES);
  const buffers: Buffer[] = [];
  let turn = 0;
  const take = () => {
    turn ^= 1;
    buffers[turn] ??= Buffer.allocUnsafeSlow(bufferBytes);
    return buffers[turn] as Buffer;
  };
  let writing = Promise.resolve();
  try {
    for await (const piece of inPieces(body, take, signal)) {
      await writing;
      writing = write(piece);
      // Awaited in the next round or below; until then a failure is not an unhandled one.
      writing.catch(() => undefined);
    }
    await writing;
  } finally {
    await writing.catch(() => undefined);
  }
}
