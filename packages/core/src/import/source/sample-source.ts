import type { TextSample } from '../csv/sample.ts';
import { detectEncoding, type FoundEncoding } from '../text/detect-encoding.ts';
import type { Encoding } from '../text/encoding.ts';
import { toUtf8 } from '../text/to-utf8.ts';
import type { Compression } from './compression.ts';
import { refuseForeignFormat, refuseMarkup } from './foreign-format.ts';
import { openContent } from './open-content.ts';
import type { Source } from './source.ts';

/** How much is looked at: of the beginning, decompressed, and of the end where it can be had without the rest. */
export const HEAD_BYTES = 262_144;
const TAIL_BYTES = 65_536;

export interface SourceSample extends TextSample {
  readonly compression: Compression;
  readonly encoding: FoundEncoding;
}

/** The beginning of what a source holds, decompressed. */
export interface SourceStart {
  readonly compression: Compression;
  readonly start: Buffer;
  /** Whether that is all of it. */
  readonly complete: boolean;
  /** Of the stored bytes, where all of them were read. */
  readonly sha256?: string;
}

export async function readStart(source: Source, signal?: AbortSignal): Promise<SourceStart> {
  const { compression, bytes, stored } = await openContent(source, signal);
  const taken = await takeStart(bytes, HEAD_BYTES);
  return { compression, ...taken, ...(taken.complete ? { sha256: stored().sha256 } : {}) };
}

/**
 * Looks at a source that is text: what it is encoded in, and its beginning (and end). Throws `InvalidInput` with the
 * name of what it is where it is none.
 */
export async function sampleText(
  source: Source,
  { compression, start, complete }: SourceStart,
  told?: Encoding,
  signal?: AbortSignal,
): Promise<SourceSample> {
  refuseForeignFormat(start);
  const encoding = detectEncoding(start, complete, told);
  const head = await decode(start, encoding.encoding);
  refuseMarkup(head.toString('utf8', 0, 8_192));
  const hasTail = compression === 'none' && !complete;
  const tail = hasTail ? await decode(await readTail(source, signal), encoding.encoding) : undefined;
  return { compression, encoding, head, complete, tail };
}

async function takeStart(
  bytes: AsyncIterable<Uint8Array>,
  count: number,
): Promise<Pick<SourceStart, 'start' | 'complete'>> {
  const taken: Uint8Array[] = [];
  let length = 0;
  let complete = true;
  for await (const chunk of bytes) {
    taken.push(chunk);
    length += chunk.length;
    if (length <= count) continue;
    complete = false;
    break;
  }
  return { start: Buffer.concat(taken).subarray(0, count), complete };
}

async function readTail(source: Source, signal: AbortSignal | undefined): Promise<Buffer> {
  // Even, for the code units of UTF-16.
  const start = Math.floor(Math.max(0, source.sizeBytes - TAIL_BYTES) / 2) * 2;
  const chunks = await Array.fromAsync(source.read({ range: { start, end: source.sizeBytes - 1 }, signal }));
  return Buffer.concat(chunks);
}

async function decode(bytes: Buffer, encoding: Encoding): Promise<Buffer> {
  async function* once() {
    yield bytes;
  }
  return Buffer.concat(await Array.fromAsync(toUtf8(once(), encoding)));
}
