/** What becomes of the memory of a chunk that is free again; without one it goes back to the system. */
type Reuse = (memory: ArrayBuffer) => void;
const reuses = new WeakMap<ArrayBuffer, Reuse>();

/**
 * Gives the memory of a chunk back at once, rather than at a garbage collection: a stream of gigabytes in small chunks
 * causes one for every 64 MB otherwise, which costs more than to copy them. For who is done with a chunk that nobody else
 * holds; its bytes are gone then. A chunk that is a part of something larger stays as it is.
 */
export function freeChunk({ buffer, byteLength }: Uint8Array): void {
  if (!(buffer instanceof ArrayBuffer) || buffer.byteLength !== byteLength) return;
  const reuse = reuses.get(buffer);
  if (reuse) reuse(buffer.transfer());
  else buffer.transfer(0);
}

/** Has `freeChunk` bring the memory of a chunk back to who reads into it. */
export function reusable(chunk: Buffer<ArrayBuffer>, reuse: Reuse): Buffer<ArrayBuffer> {
  reuses.set(chunk.buffer, reuse);
  return chunk;
}
