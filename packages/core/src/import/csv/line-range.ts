import { AppError } from '../../errors.ts';
import { RECORD_LIMIT_BYTES } from './frame-records.ts';
import { CR, LF } from './scan-record.ts';

/** Leaves out the first `count` physical lines. */
export async function* withoutFirstLines(
  chunks: AsyncIterable<Uint8Array>,
  count: number,
  loneCr: boolean,
): AsyncGenerator<Uint8Array> {
  let left = count;
  let afterCr = false;
  for await (const chunk of chunks) {
    let at = 0;
    for (; left > 0 && at < chunk.length; at += 1) {
      const byte = chunk[at];
      if (byte === LF && !(afterCr && loneCr)) left -= 1;
      else if (byte === CR && loneCr) left -= 1;
      afterCr = byte === CR;
    }
    // The LF of a CRLF whose CR was the last byte that counted.
    if (left === 0 && afterCr && at < chunk.length) {
      if (chunk[at] === LF) at += 1;
      afterCr = false;
    }
    if (at < chunk.length) yield chunk.subarray(at);
  }
}

/**
 * Leaves out the last `count` physical lines, whether or not the last one has a line end. Holds those lines and a
 * chunk; throws `InvalidInput` where they are longer than a record may be.
 */
export async function* withoutLastLines(
  chunks: AsyncIterable<Uint8Array>,
  count: number,
  loneCr: boolean,
): AsyncGenerator<Uint8Array> {
  if (count === 0) {
    yield* chunks;
    return;
  }
  let held: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    held = Buffer.concat([held, chunk]);
    // One line more than is left out: whether the last one is whole is not known yet.
    const cut = lastLinesStart(held, count + 1, loneCr);
    if (cut === 0 && held.length > RECORD_LIMIT_BYTES) throw footerTooLong(count);
    if (cut > 0) yield held.subarray(0, cut);
    held = held.subarray(cut);
  }
  const cut = lastLinesStart(held, count, loneCr);
  if (cut > 0) yield held.subarray(0, cut);
}

function footerTooLong(count: number): AppError {
  return new AppError(
    'InvalidInput',
    `${count + 1} lines are longer than ${RECORD_LIMIT_BYTES} bytes, the limit of a footer: is this delimited text?`,
    { lines: count, limitBytes: RECORD_LIMIT_BYTES },
  );
}

/** Where the last `count` lines begin; 0 where there are no more than these. */
export function lastLinesStart(bytes: Uint8Array, count: number, loneCr: boolean): number {
  let left = count;
  // The line end of the last line ends it; it does not begin another.
  for (let at = bytes.length - 1; at > 0; at -= 1) {
    const before = bytes[at - 1];
    const isStart = before === LF || (before === CR && loneCr && bytes[at] !== LF);
    if (!isStart) continue;
    left -= 1;
    if (left === 0) return at;
  }
  return 0;
}
