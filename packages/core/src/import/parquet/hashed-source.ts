import { createHash } from 'node:crypto';
import type { Content } from '../source/open-content.ts';
import type { Source } from '../source/source.ts';
import { openSpool, type Spool } from './spool.ts';

/** A source that is read by ranges, and hashed all the same. */
export interface HashedSource extends Source, Pick<Content, 'readBytes' | 'stored'> {
  /**
   * Reads the bytes from `start` to below `end`, and returns a source of them that reads none of them again. The one
   * before serves no longer.
   */
  hold(start: number, end: number): Promise<Pick<Source, 'read'>>;
  /** Reads what was not read in order; afterwards `stored` is about all bytes. */
  finish(): Promise<void>;
}

/** A gap of so many bytes between two ranges is read with the second one. */
const SMALL_GAP_BYTES = 1_048_576;

/**
 * Hashes what is read in the order of the file on its way, and the rest in the end: of row groups that are read whole, or
 * held, nothing is read twice but the footer. Disposed of, it leaves `source` open.
 */
export function hashedSource(source: Source, signal: AbortSignal | undefined): HashedSource {
  const hash = createHash('sha256');
  let hashedBytes = 0;
  let readBytes = 0;
  let spool: Spool | undefined;

  async function hashUntil(end: number): Promise<void> {
    if (hashedBytes >= end) return;
    for await (const chunk of source.read({ range: { start: hashedBytes, end: end - 1 }, signal })) take(chunk);
  }

  function take(chunk: Uint8Array): void {
    hash.update(chunk);
    hashedBytes += chunk.length;
  }

  async function* counted(chunks: AsyncIterable<Uint8Array>, inOrder: boolean): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      if (inOrder) take(chunk);
      readBytes += chunk.length;
      yield chunk;
    }
  }

  return {
    uri: source.uri,
    sizeBytes: source.sizeBytes,
    isLocal: source.isLocal,
    expectUnchanged: () => source.expectUnchanged(),
    async *read(options = {}) {
      const start = options.range?.start ?? 0;
      // What goes to the end is the footer, and comes before the rows between.
      const isFooter = (options.range?.end ?? 0) >= source.sizeBytes - 1;
      if (!isFooter && start > hashedBytes && start - hashedBytes <= SMALL_GAP_BYTES) await hashUntil(start);
      yield* counted(source.read(options), start === hashedBytes);
    },
    async hold(start, end) {
      await hashUntil(start);
      spool ??= await openSpool();
      const chunks = source.read({ range: { start, end: end - 1 }, signal });
      return await spool.hold(counted(chunks, start === hashedBytes), start, signal);
    },
    finish: () => hashUntil(source.sizeBytes),
    readBytes: () => Math.min(readBytes, source.sizeBytes),
    stored: () => ({ sha256: hash.copy().digest('hex'), sizeBytes: hashedBytes }),
    async [Symbol.asyncDispose]() {
      await spool?.[Symbol.asyncDispose]();
    },
  };
}
