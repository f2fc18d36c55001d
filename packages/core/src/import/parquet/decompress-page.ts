import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import { type CompressionCodec, snappyUncompress } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { unsupported } from './refusal.ts';

const LARGE_PAGE_BYTES = 8_388_608;

type Decompress = (input: Uint8Array, sizeBytes: number) => Uint8Array;

const CODECS: Partial<Record<CompressionCodec, Decompress>> = {
  UNCOMPRESSED: (input) => input,
  GZIP: (input, sizeBytes) => gunzipSync(input, { maxOutputLength: Math.max(1, sizeBytes) }),
  BROTLI: (input, sizeBytes) => brotliDecompressSync(input, { maxOutputLength: Math.max(1, sizeBytes) }),
  ZSTD: (input, sizeBytes) => zstdDecompressSync(input, { maxOutputLength: Math.max(1, sizeBytes) }),
  SNAPPY: (input, sizeBytes) => {
    // The decoder does not look at what the stream itself says.
    if (snappyLength(input) !== sizeBytes)
      throw new Error(`it has not the ${sizeBytes} bytes that its header promises`);
    // The fast decoder keeps memory for the largest page that it has seen, and copies it.
    if (sizeBytes <= LARGE_PAGE_BYTES && compressors.SNAPPY) return compressors.SNAPPY(input, sizeBytes);
    const output = new Uint8Array(sizeBytes);
    snappyUncompress(input, output);
    return output;
  },
  ...pick('LZ4'),
  ...pick('LZ4_RAW'),
};

/** The bytes of a page, exactly `sizeBytes`: more are not unpacked. Throws what the codec throws. */
export function decompressPage(input: Uint8Array, sizeBytes: number, codec: CompressionCodec | undefined): Uint8Array {
  const decompress = codec === undefined ? undefined : CODECS[codec];
  if (decompress === undefined) {
    throw unsupported(`it is compressed by ${codec ?? 'an unknown codec'}`, 'Write it with zstd or snappy');
  }
  // Nothing is no stream of any codec, and some writers leave it at that.
  if (sizeBytes === 0) return new Uint8Array(0);
  const output = decompress(input, sizeBytes);
  if (output.length !== sizeBytes) throw new Error(`${output.length} bytes were unpacked where ${sizeBytes} should be`);
  return output;
}

/** How long a stream becomes: it begins with that (Snappy, "Compressed format description"). */
function snappyLength(input: Uint8Array): number {
  let length = 0;
  for (let at = 0; at < 5; at += 1) {
    const byte = input[at] ?? 0;
    length += (byte & 0x7f) * 2 ** (7 * at);
    if (byte < 0x80) return length;
  }
  return length;
}

function pick(codec: CompressionCodec): Partial<Record<CompressionCodec, Decompress>> {
  const decompress = compressors[codec];
  return decompress === undefined ? {} : { [codec]: decompress };
}
