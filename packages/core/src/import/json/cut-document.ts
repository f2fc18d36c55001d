import { AppError } from '../../errors.ts';
import { formatPath } from './json-shape.ts';
import {
  BEGIN_ARRAY,
  BEGIN_OBJECT,
  COMMA,
  END_ARRAY,
  END_OBJECT,
  type Scan,
  STOPPED,
  skipSpace,
  stop,
} from './scan.ts';
import { undoEscapes } from './scan-string.ts';
import { afterColon, scanKey, scanValue } from './scan-value.ts';
import { type Cutter, nameOf, type RecordTaker } from './take-records.ts';

const LF = 0x0a;

/** What comes next in a document: of the objects on the way to the array, or of the array. */
type Next = 'value' | 'first key' | 'key' | 'first element' | 'element' | 'separator' | 'rest of object' | 'end';

/**
 * The elements of the array at `path`; or, without a path, one value after another. The rest of the document has to be
 * JSON, too, or it throws `InvalidInput`, as it does for a document that has no such array, has it twice, or is cut off.
 */
export function documentCutter<Batch>(
  taker: RecordTaker<Batch>,
  path: readonly string[] | undefined,
  limitBytes: number,
): Cutter<Batch> {
  let next: Next = 'value';
  /** So many objects are open; the array is in the innermost. */
  let open = 0;
  let found = path === undefined;
  let line = 1;
  /** Where that line begins in the scan. It was in an earlier one where it is negative. */
  let lineStart = 0;
  let counted = 0;

  return function* cutDocument(scan) {
    const { bytes, size } = scan;
    let at = skipSpace(bytes, 0);
    while (at < size) {
      const batch = taker.isFull() ? taker.batch() : undefined;
      if (batch !== undefined) yield batch;
      countTo(bytes, at);
      const end = path === undefined ? taker.take(scan, at, line, false) : step(scan, at, path);
      if (end === STOPPED) {
        if (scan.stoppedAt < size || scan.whole) throw noJson(scan);
        break;
      }
      if (end - at > limitBytes) throw tooLong();
      at = skipSpace(bytes, end);
    }
    if (size - at > limitBytes) throw tooLong();
    if (scan.whole && path !== undefined && next !== 'end') {
      stop(scan, size, 'the rest of the document');
      throw noJson(scan);
    }
    countTo(bytes, at);
    lineStart -= at;
    counted -= at;
    return at;
  };

  /** Goes on by one part of the document, and returns where it ends; or leaves all as it was, and returns `STOPPED`. */
  function step(scan: Scan, at: number, way: readonly string[]): number {
    const byte = scan.bytes[at] as number;
    switch (next) {
      case 'value': {
        const isArray = open === way.length;
        if (byte !== (isArray ? BEGIN_ARRAY : BEGIN_OBJECT)) throw otherValue(byte, way.slice(0, open), isArray);
        if (isArray) found = true;
        else open += 1;
        next = isArray ? 'first element' : 'first key';
        return at + 1;
      }
      case 'first key':
        return byte === END_OBJECT ? closeObject(at, way) : takeKey(scan, at, way);
      case 'key':
        return takeKey(scan, at, way);
      case 'rest of object':
        if (byte === END_OBJECT) return closeObject(at, way);
        if (byte !== COMMA) return stop(scan, at, 'a comma or }');
        next = 'key';
        return at + 1;
      case 'first element':
        return byte === END_ARRAY ? closeArray(at) : takeElement(scan, at);
      case 'element':
        return takeElement(scan, at);
      case 'separator':
        if (byte === END_ARRAY) return closeArray(at);
        if (byte !== COMMA) return stop(scan, at, 'a comma or ]');
        next = 'element';
        return at + 1;
      case 'end':
        return stop(scan, at, 'the end of the document');
    }
  }

  function takeElement(scan: Scan, at: number): number {
    const end = taker.take(scan, at, line, false);
    if (end !== STOPPED) next = 'separator';
    return end;
  }

  /** A key that is on the way, with its colon; any other with its value. */
  function takeKey(scan: Scan, at: number, way: readonly string[]): number {
    const keyEnd = scanKey(scan, at);
    if (keyEnd === STOPPED) return STOPPED;
    const start = scan.escaped ? undoEscapes(scan, at + 1, keyEnd) : at + 1;
    const key = scan.bytes.toString('utf8', start, scan.escaped ? scan.spare : keyEnd);
    const value = afterColon(scan, keyEnd + 1);
    if (value === STOPPED) return STOPPED;
    if (key === way[open - 1]) {
      if (found) throw keyTwice(way.slice(0, open));
      next = 'value';
      return value;
    }
    const end = scanValue(scan, value);
    if (end === STOPPED) return STOPPED;
    // A number may go on.
    if (end === scan.size) return stop(scan, end, 'a comma or }');
    next = 'rest of object';
    return end;
  }

  function closeArray(at: number): number {
    next = open === 0 ? 'end' : 'rest of object';
    return at + 1;
  }

  function closeObject(at: number, way: readonly string[]): number {
    if (!found) throw noArray(`there is no ${formatPath(way.slice(0, open))}`);
    open -= 1;
    return closeArray(at);
  }

  function countTo(bytes: Uint8Array, end: number): void {
    for (let at = counted; at < end; at += 1) {
      if (bytes[at] !== LF) continue;
      line += 1;
      lineStart = at + 1;
    }
    counted = Math.max(counted, end);
  }

  function noJson(scan: Scan): AppError {
    countTo(scan.bytes, scan.stoppedAt);
    const column = scan.stoppedAt - lineStart + 1;
    const what = scan.stoppedAt >= scan.size ? 'the file is cut off' : 'this is no JSON';
    return new AppError(
      'InvalidInput',
      `line ${line}, column ${column}: ${what}: expected ${scan.expected}. Nothing of a damaged document is imported`,
      { line, column },
    );
  }

  function otherValue(byte: number, at: readonly string[], isArray: boolean): AppError {
    return noArray(`expected an ${isArray ? 'array' : 'object'} at ${formatPath(at)}, got ${nameOf(byte)}`);
  }

  function keyTwice(at: readonly string[]): AppError {
    return new AppError('InvalidInput', `line ${line}: ${formatPath(at)} stands in the document twice`, { line });
  }

  function noArray(why: string): AppError {
    return new AppError('InvalidInput', `line ${line}: ${why}: --records tells the way to the array of the records`, {
      line,
    });
  }

  function tooLong(): AppError {
    return new AppError(
      'InvalidInput',
      `the value that begins in line ${line} is longer than ${limitBytes} bytes, the limit of a record: --records tells the way to the array of the records`,
      { line, limitBytes },
    );
  }
}
