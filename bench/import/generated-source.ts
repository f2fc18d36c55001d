import type { Source } from '@datasens/core/import/source/source.ts';
import { blocks, type RowFormat } from './write-rows.ts';

/** Of one block, which comes again and again. */
const BLOCK_ROWS = 7_000;

export type GeneratedFormat = Exclude<RowFormat, 'text'>;

/** A file of at least `bytes` bytes that is nowhere but on its way. */
export function generatedSource(bytes: number, format: GeneratedFormat = 'csv'): Source & { readonly rows: number } {
  const parts = [...blocks(BLOCK_ROWS, format)];
  const head = Buffer.from(parts.shift() ?? '');
  const tail = Buffer.from(parts.pop() ?? '');
  const separator = format === 'json' ? ',\n' : '';
  // A part of something larger: who reads a chunk may not take its memory along.
  const block = Buffer.from(`${parts.join('')}${separator}\n`).subarray(0, -1);
  const count = Math.max(1, Math.ceil((bytes - head.length) / block.length));
  const tailAt = head.length + count * block.length - separator.length;
  const sizeBytes = tailAt + tail.length;

  /** From there on, not beyond the end of the block. */
  function pieceAt(at: number): Buffer {
    if (at < head.length) return head.subarray(at);
    if (at >= tailAt) return tail.subarray(at - tailAt);
    const from = (at - head.length) % block.length;
    return block.subarray(from, from + tailAt - at);
  }

  return {
    uri: `file:///generated/${sizeBytes}.${format}`,
    isLocal: true,
    sizeBytes,
    rows: count * BLOCK_ROWS,
    async *read({ range: { start = 0, end = sizeBytes - 1 } = { start: 0, end: sizeBytes - 1 }, signal } = {}) {
      for (let at = start; at <= end; ) {
        signal?.throwIfAborted();
        const piece = pieceAt(at).subarray(0, end + 1 - at);
        at += piece.length;
        yield piece;
      }
    },
    async expectUnchanged() {},
    async [Symbol.asyncDispose]() {},
  };
}
