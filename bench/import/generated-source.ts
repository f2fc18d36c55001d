import type { Source } from '@datasens/core/import/source/source.ts';
import { blocks } from './write-rows.ts';

/** Of one block, which comes again and again. */
const BLOCK_ROWS = 7_000;

/** A CSV of at least `bytes` bytes that is nowhere but on its way. */
export function generatedSource(bytes: number): Source & { readonly rows: number } {
  const [headerText, ...rows] = blocks(BLOCK_ROWS);
  const header = Buffer.from(headerText ?? '');
  // A part of something larger: who reads a chunk may not take its memory along.
  const block = Buffer.from(`${rows.join('')}\n`).subarray(0, -1);
  const count = Math.ceil((bytes - header.length) / block.length);
  const sizeBytes = header.length + count * block.length;
  return {
    uri: `file:///generated/${sizeBytes}.csv`,
    sizeBytes,
    rows: count * BLOCK_ROWS,
    async *read({ range: { start = 0, end = sizeBytes - 1 } = { start: 0, end: sizeBytes - 1 }, signal } = {}) {
      for (let at = start; at <= end; ) {
        signal?.throwIfAborted();
        const from = at < header.length ? at : (at - header.length) % block.length;
        const piece = (at < header.length ? header : block).subarray(from, from + end + 1 - at);
        at += piece.length;
        yield piece;
      }
    },
    async expectUnchanged() {},
    async [Symbol.asyncDispose]() {},
  };
}
