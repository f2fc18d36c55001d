import { createHash } from 'node:crypto';
import type { Content } from '../source/open-content.ts';
import type { Source } from '../source/source.ts';

/** A source that is read by ranges, and hashed all the same. */
export interface HashedSource extends Source, Pick<Content, 'readBytes' | 'stored'> {
  /** Reads what was not read in order; afterwards `stored` is about all bytes. */
  finish(): Promise<void>;
}

/** A gap of so many bytes between two ranges is read with the second one. */
const SMALL_GAP_BYTES = 1_048_576;

/**
 * Hashes what is read in the order of the file on its way, and the rest in the end: of row groups that are read whole
 * nothing is read twice but the footer. Who disposes of `source` disposes of this one.
 */
export function hashedSource(source: Source, signal: AbortSignal | undefined): HashedSource {
  const hash = createHash('sha256');
  let hashedBytes = 0;
  let readBytes = 0;

  async function hashUntil(end: number): Promise<void> {
    if (hashedBytes >= end) return;
    for await (const chunk of source.read({ range: { start: hashedBytes, end: end - 1 }, signal })) take(chunk);
  }

  function take(chunk: Uint8Array): void {
    hash.update(chunk);
    hashedBytes += chunk.length;
  }

  return {
    uri: source.uri,
    sizeBytes: source.sizeBytes,
    expectUnchanged: () => source.expectUnchanged(),
    async *read(options = {}) {
      const start = options.range?.start ?? 0;
      // What goes to the end is the footer, and comes before the rows between.
      const isFooter = (options.range?.end ?? 0) >= source.sizeBytes - 1;
      if (!isFooter && start > hashedBytes && start - hashedBytes <= SMALL_GAP_BYTES) await hashUntil(start);
      const inOrder = start === hashedBytes;
      for await (const chunk of source.read(options)) {
        if (inOrder) take(chunk);
        readBytes += chunk.length;
        yield chunk;
      }
    },
    finish: () => hashUntil(source.sizeBytes),
    readBytes: () => Math.min(readBytes, source.sizeBytes),
    stored: () => ({ sha256: hash.copy().digest('hex'), sizeBytes: hashedBytes }),
    async [Symbol.asyncDispose]() {},
  };
}
