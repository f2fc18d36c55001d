import { AppError } from '../errors.ts';
import type { BlobStore } from './blob-store.ts';
import { untilAborted } from './until-aborted.ts';

type Body = Parameters<BlobStore['put']>[1];

const BUFFER_BYTES = 1_048_576;

/**
 * Passes the bytes of `body` to `write` in pieces of 1 MiB, of which one is being written while the next fills: two
 * buffers are all the memory it takes, and a slow disk slows the body down. Chunks are copied, so the body may use
 * its own buffer again.
 *
 * Rejects with the error of `body` or of `write`, unchanged, or with the reason of `signal`, even while the body
 * is silent; no write is under way by then, and the body has been told to release what it holds.
 */
export async function drainBody(
  body: Body,
  write: (bytes: Uint8Array) => Promise<void>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const chunks = Symbol.asyncIterator in body ? body[Symbol.asyncIterator]() : body[Symbol.iterator]();
  let ended = false;
  let writing = Promise.resolve();
  let filling: Buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES);
  let spare: Buffer | undefined;
  let used = 0;
  try {
    for (;;) {
      signal?.throwIfAborted();
      const step = await untilAborted(Promise.resolve(chunks.next()), signal);
      if (step.done) break;
      let rest = bytesOf(step.value);
      while (rest.length > 0) {
        const part = rest.subarray(0, BUFFER_BYTES - used);
        filling.set(part, used);
        used += part.length;
        rest = rest.subarray(part.length);
        if (used < BUFFER_BYTES) break;
        await writing;
        writing = write(filling);
        // Awaited above or below; until then a failure is not an unhandled one.
        writing.catch(() => undefined);
        [filling, spare] = [spare ?? Buffer.allocUnsafeSlow(BUFFER_BYTES), filling];
        used = 0;
      }
    }
    ended = true;
    await writing;
    if (used > 0) await write(filling.subarray(0, used));
  } finally {
    await writing.catch(() => undefined);
    // Not awaited: a body that never answers must not keep an aborted caller.
    if (!ended) Promise.resolve(chunks.return?.()).catch(() => undefined);
  }
}

function bytesOf(chunk: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk;
  throw new AppError('InvalidInput', `expected the body in chunks of bytes, got ${typeof chunk}`);
}
