import { freeChunk } from '../../storage/free-chunk.ts';
import type { Source } from '../source/source.ts';
import { damaged } from './refusal.ts';

/** The bytes of a source from `start` to below `end`, in memory that nobody else uses. */
export async function readRange(
  source: Pick<Source, 'read'>,
  start: number,
  end: number,
  signal: AbortSignal | undefined,
): Promise<Buffer> {
  const bytes = Buffer.allocUnsafeSlow(end - start);
  if (bytes.length === 0) return bytes;
  let length = 0;
  for await (const chunk of source.read({ range: { start, end: end - 1 }, signal })) {
    bytes.set(chunk.subarray(0, bytes.length - length), length);
    length += Math.min(chunk.length, bytes.length - length);
    freeChunk(chunk);
  }
  if (length < bytes.length) throw damaged('it ends before it should');
  return bytes;
}

/** Consecutive bytes that are taken one run after the other. */
export interface ByteRun {
  /** How many are left. */
  left(): number;
  /** The next `count` bytes, or as many as there are: a view. They are still there afterwards. */
  peek(count: number): Promise<Buffer>;
  skip(count: number): void;
}

/** Reads from `start` to below `end` in pieces of at least `pieceBytes`; each byte once. */
export function rangedRun(
  source: Pick<Source, 'read'>,
  { start, end, pieceBytes }: { readonly start: number; readonly end: number; readonly pieceBytes: number },
  signal: AbortSignal | undefined,
): ByteRun {
  let held: Buffer = Buffer.alloc(0);
  let readTo = start;
  const left = () => held.length + end - readTo;
  return {
    left,
    async peek(count) {
      const wanted = Math.min(count, left());
      if (held.length < wanted) {
        const until = Math.min(end, readTo + Math.max(pieceBytes, wanted - held.length));
        const piece = await readRange(source, readTo, until, signal);
        readTo = until;
        held = held.length === 0 ? piece : Buffer.concat([held, piece]);
      }
      return held.subarray(0, wanted);
    },
    skip(count) {
      held = held.subarray(count);
    },
  };
}

export function heldRun(bytes: Buffer): ByteRun {
  let held = bytes;
  return {
    left: () => held.length,
    peek: async (count) => held.subarray(0, count),
    skip(count) {
      held = held.subarray(count);
    },
  };
}
