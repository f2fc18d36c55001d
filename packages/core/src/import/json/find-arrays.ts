import { BEGIN_ARRAY, BEGIN_OBJECT, COMMA, END_OBJECT, type Scan, STOPPED, skipSpace } from './scan.ts';
import { undoEscapes } from './scan-string.ts';
import { afterColon, scanKey, scanValue } from './scan-value.ts';

/** So many keys lead to an array that is looked for. */
const LONGEST_PATH = 3;

/** The paths of the arrays that begin with an object, in the object at `at`, as far as it is whole. */
export function findArrays(scan: Scan, at: number): string[][] {
  const found: string[][] = [];
  walkObject(scan, at, [], found);
  return found;
}

/** Returns where the object ends, or `STOPPED`. */
function walkObject(scan: Scan, from: number, path: readonly string[], found: string[][]): number {
  const { bytes } = scan;
  let at = skipSpace(bytes, from + 1);
  if (bytes[at] === END_OBJECT) return at + 1;
  for (;;) {
    const keyEnd = scanKey(scan, at);
    if (keyEnd === STOPPED) return STOPPED;
    const start = scan.escaped ? undoEscapes(scan, at + 1, keyEnd) : at + 1;
    const way = [...path, bytes.toString('utf8', start, scan.escaped ? scan.spare : keyEnd)];
    const value = afterColon(scan, keyEnd + 1);
    if (value === STOPPED) return STOPPED;
    if (bytes[value] === BEGIN_ARRAY && bytes[skipSpace(bytes, value + 1)] === BEGIN_OBJECT) found.push(way);
    const isOnTheWay = bytes[value] === BEGIN_OBJECT && way.length < LONGEST_PATH;
    const end = isOnTheWay ? walkObject(scan, value, way, found) : scanValue(scan, value);
    if (end === STOPPED) return STOPPED;
    at = skipSpace(bytes, end);
    if (bytes[at] === END_OBJECT) return at + 1;
    if (bytes[at] !== COMMA) return STOPPED;
    at = skipSpace(bytes, at + 1);
  }
}
