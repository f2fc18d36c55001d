import { AppError } from '../../errors.ts';
import { type Scan, STOPPED, skipSpace } from './scan.ts';
import type { Cutter, RecordTaker } from './take-records.ts';

const LF = 0x0a;
const CR = 0x0d;

/** One value on each line. A line that is none is a reject, and others are not touched by it. */
export function lineCutter<Batch>(taker: RecordTaker<Batch>, limitBytes: number): Cutter<Batch> {
  let line = 1;
  return function* cutLines(scan) {
    const { bytes, size } = scan;
    let start = 0;
    while (start < size) {
      const found = bytes.indexOf(LF, start);
      const isEnd = found < 0 || found >= size;
      if (isEnd && !scan.whole) break;
      const end = isEnd ? size : found;
      if (end - start > limitBytes) throw tooLong();
      if (taker.isFull()) yield* taken();
      takeLine(taker, scan, { start, end, line });
      start = end + 1;
      line += 1;
    }
    if (size - start > limitBytes) throw tooLong();
    return Math.min(start, size);
  };

  function* taken() {
    const batch = taker.batch();
    if (batch !== undefined) yield batch;
  }

  function tooLong(): AppError {
    return new AppError(
      'InvalidInput',
      `line ${line} is longer than ${limitBytes} bytes, the limit of a record: is this NDJSON?`,
      { line, limitBytes },
    );
  }
}

/** Takes the value that has the bytes from `start` to `end` to itself, or rejects them. No scan goes beyond them. */
export function takeLine(
  taker: RecordTaker<unknown>,
  scan: Scan,
  { start, end, line }: { readonly start: number; readonly end: number; readonly line: number },
): void {
  const { bytes, size } = scan;
  const last = end > start && bytes[end - 1] === CR ? end - 1 : end;
  scan.size = last;
  bytes[last] = 0;
  const first = skipSpace(bytes, start);
  if (first === last) {
    taker.blank();
  } else if (taker.take(scan, first, line, true) === STOPPED) {
    const where = scan.stoppedAt === last ? 'where it ends' : `at column ${scan.stoppedAt - start + 1}`;
    taker.refuse(scan, start, last, line, `it is no JSON: expected ${scan.expected} ${where}`);
  }
  scan.size = size;
}
