import { BLOCK_BYTES } from './part-sizes.ts';

/** How many blocks one upload holds, or as many as one of its parts has: 80 MiB. */
const BLOCKS = 5;

/** The memory of one upload: blocks that are used again and again, and waited for where all are in use. */
export interface BlockPool {
  /** A block; of `enough` of them there is always one more. */
  take(enough: number): Promise<Buffer>;
  /** Takes blocks back, or parts of some. */
  give(blocks: readonly Buffer[]): void;
}

export function blockPool(): BlockPool {
  let inUse = 0;
  const free: ArrayBufferLike[] = [];
  let waiting: (() => void) | undefined;
  return {
    async take(enough) {
      while (inUse >= Math.max(BLOCKS, enough)) {
        await new Promise<void>((resolve) => {
          waiting = resolve;
        });
      }
      inUse += 1;
      const memory = free.pop();
      return memory ? Buffer.from(memory) : Buffer.allocUnsafeSlow(BLOCK_BYTES);
    },
    give(blocks) {
      inUse -= blocks.length;
      for (const { buffer } of blocks) free.push(buffer);
      waiting?.();
    },
  };
}
