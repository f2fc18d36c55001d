import { AppError } from '../errors.ts';
import type { BlobStore } from './blob-store.ts';
import { untilAborted } from './until-aborted.ts';

export type Body = Parameters<BlobStore['put']>[1];

/** The bytes of a body that is there whole, in an array; undefined for one that is yet to come. */
export function sizeOf(body: Body): number | undefined {
  return Array.isArray(body) ? body.reduce((sum: number, chunk) => sum + bytesOf(chunk).byteLength, 0) : undefined;
}

/**
 * The bytes of `body`, in pieces that fill the buffers which `take` gives, one after the other; the last may be
 * smaller, and there is none of an empty body. Chunks are copied, so the body may use its own buffer again; a `take`
 * that waits slows the body down.
 *
 * Throws the error of `body`, unchanged, or the reason of `signal`, even while the body is silent. Left early, it tells
 * the body to release what it holds.
 */
export async function* inPieces(
  body: Body,
  take: () => Buffer | Promise<Buffer>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Buffer, void, undefined> {
  const chunks = Symbol.asyncIterator in body ? body[Symbol.asyncIterator]() : body[Symbol.iterator]();
  let ended = false;
  let filling: Buffer | undefined;
  let used = 0;
  try {
    for (;;) {
      signal?.throwIfAborted();
      const step = await untilAborted(Promise.resolve(chunks.next()), signal);
      if (step.done) break;
      let rest = bytesOf(step.value);
      while (rest.length > 0) {
        filling ??= await take();
        const part = rest.subarray(0, filling.length - used);
        filling.set(part, used);
        used += part.length;
        rest = rest.subarray(part.length);
        if (used < filling.length) continue;
        const full = filling;
        filling = undefined;
        used = 0;
        yield full;
      }
    }
    ended = true;
    if (filling) yield filling.subarray(0, used);
  } finally {
    // Not awaited: a body that never answers must not keep an aborted caller.
    if (!ended) Promise.resolve(chunks.return?.()).catch(() => undefined);
  }
}

function bytesOf(chunk: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk;
  throw new AppError('InvalidInput', `expected the body in chunks of bytes, got ${typeof chunk}`);
}
