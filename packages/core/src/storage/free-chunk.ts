/**
 * Gives the memory of a chunk back at once, rather than at a garbage collection: a stream of gigabytes in small chunks
 * causes one for every 64 MB otherwise, which costs more than to copy them. For who is done with a chunk that nobody else
 * holds; its bytes are gone then. A chunk that is a part of something larger stays as it is.
 */
export function freeChunk({ buffer, byteLength }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0);
}
