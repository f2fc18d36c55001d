export type Compression = 'none' | 'gzip' | 'zstd';

/** By the first four bytes (RFC 1952, section 2.3.1; RFC 8878, sections 3.1.1 and 3.1.2). */
export function detectCompression(head: Uint8Array): Compression {
  const [a = 0, b = 0, c = 0, d = 0] = head;
  if (a === 0x1f && b === 0x8b) return 'gzip';
  const magic = (a | (b << 8) | (c << 16) | (d << 24)) >>> 0;
  // A skippable frame may come first.
  return magic === 0xfd2fb528 || (magic & 0xfffffff0) >>> 0 === 0x184d2a50 ? 'zstd' : 'none';
}
