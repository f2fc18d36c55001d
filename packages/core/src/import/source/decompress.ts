import { once } from 'node:events';
import { createGunzip, createZstdDecompress, type Gunzip, type ZstdDecompress } from 'node:zlib';
import { AppError, isAppError } from '../../errors.ts';
import type { Compression } from './compression.ts';

/**
 * Above this many bytes out of one byte in, once `BOMB_BYTES` are out, a file counts as a bomb. Tables that people
 * keep come to 5 to 50; one row, repeated, to some hundreds.
 */
export const BOMB_RATIO = 500;
export const BOMB_BYTES = 64 * 1024 * 1024;

type Engine = Gunzip | ZstdDecompress;

/**
 * The plain bytes of a compressed stream, all members (gzip) or frames (zstd) of it, in constant memory (zstd: up to
 * the 128 MiB of the format's default window). Throws `InvalidInput` where it is cut off, damaged, followed by anything
 * else, or a bomb; errors of the source pass unchanged.
 */
export async function* decompress(
  chunks: AsyncIterable<Uint8Array>,
  compression: Exclude<Compression, 'none'>,
): AsyncGenerator<Uint8Array> {
  const input = chunks[Symbol.asyncIterator]();
  const count = { in: 0, out: 0 };
  try {
    for (let next = await nextChunk(input); next !== undefined; ) {
      const engine: Engine = compression === 'gzip' ? createGunzip() : createZstdDecompress();
      const feeding = feed(engine, input, next);
      // Awaited below; until then a failure is not an unhandled one.
      feeding.catch(() => undefined);
      try {
        for await (const chunk of engine) {
          count.out += chunk.length;
          refuseBomb(count.out, count.in + engine.bytesWritten);
          yield chunk;
        }
      } catch (error) {
        throw isAppError(error) ? error : decodingError(compression, error);
      }
      count.in += engine.bytesWritten;
      // Node's zstd ends with the first frame, and says how much of its input that was.
      next = unread(await feeding, engine) ?? (await nextChunk(input));
      // gzip(1) pads with zeros, and passes over them.
      while (compression === 'gzip' && next?.every((byte) => byte === 0)) next = await nextChunk(input);
    }
  } finally {
    await input.return?.();
  }
}

async function nextChunk(input: AsyncIterator<Uint8Array>): Promise<Uint8Array | undefined> {
  for (;;) {
    const step = await input.next();
    if (step.done) return undefined;
    if (step.value.length > 0) return step.value;
  }
}

interface Fed {
  readonly bytes: number;
  readonly last: Uint8Array;
}

/** Writes `first` and what follows it to `engine` until either has ended. The engine's failures are its own to tell. */
async function feed(engine: Engine, input: AsyncIterator<Uint8Array>, first: Uint8Array): Promise<Fed> {
  const over = Promise.race(
    ['end', 'close'].map((event) =>
      once(engine, event).then(
        () => false,
        () => false,
      ),
    ),
  );
  let bytes = 0;
  let last = first;
  try {
    for (let chunk: Uint8Array | undefined = first; chunk !== undefined; chunk = await nextChunk(input)) {
      bytes += chunk.length;
      last = chunk;
      const written = new Promise<boolean>((resolve) => engine.write(last, (error) => resolve(!error)));
      const isWritten = await Promise.race([written, over]);
      // What it did not take is of the next frame, whether or not its end is told yet.
      if (!isWritten || engine.bytesWritten < bytes) return { bytes, last };
    }
    engine.end();
  } catch (error) {
    engine.destroy(error as Error);
    throw error;
  }
  return { bytes, last };
}

function unread({ bytes, last }: Fed, engine: Engine): Uint8Array | undefined {
  const rest = bytes - engine.bytesWritten;
  return rest > 0 ? last.subarray(last.length - rest) : undefined;
}

function refuseBomb(out: number, input: number): void {
  if (out > BOMB_BYTES && out > input * BOMB_RATIO) {
    throw new AppError(
      'InvalidInput',
      `a compression bomb: more than ${BOMB_RATIO} bytes out of each byte in. Decompress it yourself if it is none`,
      { bytesIn: input, bytesOut: out },
    );
  }
}

function decodingError(compression: Compression, error: unknown): unknown {
  const { code = '', message } = error as NodeJS.ErrnoException;
  if (!/^(Z_|ZSTD_)/.test(code)) return error;
  const problem = code === 'Z_BUF_ERROR' ? 'is cut off' : `is damaged, or followed by something else (${message})`;
  return new AppError('InvalidInput', `the ${compression} data ${problem}`, { compression, cause: error });
}
