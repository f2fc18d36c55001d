import type { Source } from '@datasens/core/import/source/source.ts';

export interface MemorySource extends Source {
  /** What was read, in the order in which it was; `end` is behind the last byte. */
  readonly reads: readonly { readonly start: number; readonly end: number }[];
}

/** Bytes as a source, in chunks of some size. */
export function memorySource(bytes: Uint8Array, chunkBytes = 1_000): MemorySource {
  const reads: { start: number; end: number }[] = [];
  return {
    uri: 'memory:',
    sizeBytes: bytes.length,
    isLocal: false,
    reads,
    async *read({ range: { start, end } = { start: 0, end: bytes.length - 1 }, signal } = {}) {
      const stop = Math.min(end + 1, bytes.length);
      reads.push({ start, end: stop });
      for (let at = start; at < stop; at += chunkBytes) {
        signal?.throwIfAborted();
        yield bytes.slice(at, Math.min(at + chunkBytes, stop));
      }
    },
    async expectUnchanged() {},
    async [Symbol.asyncDispose]() {},
  };
}
