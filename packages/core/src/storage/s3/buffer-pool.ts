/** At most this much is held for one upload, or one part where that is larger. */
const POOL_BYTES = 134_217_728;

/** The buffers of one upload: waits for memory where all of it is under way. */
export interface BufferPool {
  take(sizeBytes: number): Promise<Buffer>;
  /** Takes a buffer back, or a part of one. */
  give(bytes: Buffer): void;
}

export function bufferPool(): BufferPool {
  let heldBytes = 0;
  let free: ArrayBufferLike[] = [];
  let waiting: (() => void) | undefined;
  return {
    async take(sizeBytes) {
      while (heldBytes > 0 && heldBytes + sizeBytes > POOL_BYTES) {
        await new Promise<void>((resolve) => {
          waiting = resolve;
        });
      }
      heldBytes += sizeBytes;
      free = free.filter(({ byteLength }) => byteLength === sizeBytes);
      const memory = free.pop();
      return memory ? Buffer.from(memory) : Buffer.allocUnsafeSlow(sizeBytes);
    },
    give({ buffer }) {
      heldBytes -= buffer.byteLength;
      free.push(buffer);
      waiting?.();
    },
  };
}
