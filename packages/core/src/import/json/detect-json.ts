import { AppError } from '../../errors.ts';
import type { Certainty, Finding } from '../csv/finding.ts';
import { findArrays } from './find-arrays.ts';
import { formatPath, type JsonShape } from './json-shape.ts';
import { BEGIN_ARRAY, BEGIN_OBJECT, COMMA, END_ARRAY, type Scan, STOPPED, scanOf, skipSpace } from './scan.ts';
import { afterColon, scanKey, scanValue } from './scan-value.ts';
import { nameOf } from './take-records.ts';

export interface FoundJson {
  readonly shape: Omit<JsonShape, 'encoding'>;
  readonly findings: readonly Finding<'records'>[];
  /** A question to a person begins with the option that answers it. */
  readonly doubts: readonly string[];
}

export interface JsonSample {
  /** The beginning of the text, in UTF-8. */
  readonly head: Buffer;
  /** Whether that is all of it. */
  readonly complete: boolean;
  /** Of the file: its name counts where the content may be read in two ways. */
  readonly uri: string;
}

const LF = 0x0a;
const TAB = 0x09;

/**
 * Says how records stand in a text of JSON; nothing where it is another text, such as a CSV whose first column has JSON.
 * `told` is the path of their array. JSON that is damaged further on is JSON. Throws `InvalidInput` for an array that has
 * no objects, and for a path into NDJSON.
 */
export function detectJson(sample: JsonSample, told?: readonly string[]): FoundJson | undefined {
  const scan = scanOf([sample.head], sample.complete);
  const { bytes, size } = scan;
  const start = skipSpace(bytes, 0);
  if (bytes[start] === BEGIN_ARRAY) return isArrayDocument(scan, start) ? ofArray(scan, start, told) : undefined;
  const isNamedLines = /\.(ndjson|jsonl)(\.\w+)?$/i.test(sample.uri);
  if (bytes[start] !== BEGIN_OBJECT) return isNamedLines ? ofLines(sample, told) : undefined;
  const end = scanValue(scan, start);
  const next = end === STOPPED ? size : skipSpace(bytes, end);
  if (end !== STOPPED && next < size) {
    const gap = bytes.subarray(end, next);
    const isOnLine = gap.includes(LF) && !bytes.subarray(start, end).includes(LF);
    const lines = isOnLine || bytes[next] !== BEGIN_OBJECT ? ofLines(sample, told) : undefined;
    if (lines !== undefined) return lines;
    // Tabs part columns.
    if (bytes[next] !== BEGIN_OBJECT || (gap.includes(TAB) && !gap.includes(LF))) return undefined;
    refusePath(told);
    return found('documents', 'certain', 'one object follows another, and not each on its line');
  }
  const isBroken = end === STOPPED && scan.stoppedAt < size;
  if (isNamedLines && !isBroken && !bytes.subarray(start, end === STOPPED ? size : end).includes(LF)) {
    refusePath(told);
    return found('lines', 'likely', 'it is one object on one line, and the name of the file says NDJSON');
  }
  const lines = isBroken ? ofLines(sample, told) : undefined;
  return lines ?? (hasMember(scan, start) ? ofObject(sample, { isWhole: end !== STOPPED, told }) : undefined);
}

/** Whether the text is an array, whole or as far as it goes, or one of objects that is damaged. */
function isArrayDocument(scan: Scan, start: number): boolean {
  const end = scanValue(scan, start);
  if (end !== STOPPED) return skipSpace(scan.bytes, end) === scan.size;
  return (scan.stoppedAt === scan.size && !scan.whole) || hasMember(scan, skipSpace(scan.bytes, start + 1));
}

/** Whether an object with a key, or an empty one, begins at `at`. */
function hasMember(scan: Scan, at: number): boolean {
  if (scan.bytes[at] !== BEGIN_OBJECT) return false;
  const end = scanKey(scan, skipSpace(scan.bytes, at + 1));
  return scanValue(scan, at) !== STOPPED || (end !== STOPPED && afterColon(scan, end + 1) !== STOPPED);
}

function ofArray(scan: Scan, start: number, told: readonly string[] = []): FoundJson {
  const { bytes } = scan;
  let at = skipSpace(bytes, start + 1);
  const first = bytes[at] as number;
  let hasObject = first === END_ARRAY || at === scan.size;
  while (!hasObject && at !== STOPPED && at < scan.size) {
    hasObject = bytes[at] === BEGIN_OBJECT;
    const end = scanValue(scan, at);
    const next = end === STOPPED ? scan.size : skipSpace(bytes, end);
    at = bytes[next] === COMMA ? skipSpace(bytes, next + 1) : STOPPED;
  }
  if (!hasObject) {
    throw new AppError(
      'InvalidInput',
      `expected an array of objects, got an array that begins with ${nameOf(first)}: a record is an object with a key for each column`,
    );
  }
  return found('array', 'certain', 'it is an array', told);
}

/** NDJSON, if at least half of the lines have an object each. */
function ofLines({ head, complete }: JsonSample, told: readonly string[] | undefined): FoundJson | undefined {
  let lines = 0;
  let objects = 0;
  for (let start = 0; start < head.length; ) {
    const found = head.indexOf(LF, start);
    if (found < 0 && !complete) break;
    const end = found < 0 ? head.length : found;
    const scan = scanOf([head.subarray(start, end)], true);
    const first = skipSpace(scan.bytes, 0);
    start = end + 1;
    if (first === scan.size) continue;
    lines += 1;
    const objectEnd = scan.bytes[first] === BEGIN_OBJECT ? scanValue(scan, first) : STOPPED;
    if (objectEnd !== STOPPED && skipSpace(scan.bytes, objectEnd) === scan.size) objects += 1;
  }
  if (objects === 0 || objects * 2 < lines) return undefined;
  refusePath(told);
  const all = objects === lines;
  return found(
    'lines',
    all ? 'certain' : 'likely',
    `${all ? 'each' : `${objects} of ${lines}`} of its lines has an object`,
  );
}

/** A document that is an object holds the records, or is one. */
function ofObject(
  { head, complete }: JsonSample,
  { isWhole, told }: { readonly isWhole: boolean; readonly told: readonly string[] | undefined },
): FoundJson {
  if (told !== undefined && told.length > 0) return found('array', 'told', 'it is one object', told);
  if (told !== undefined) return found('documents', 'told', 'it is one object');
  const scan = scanOf([head], complete);
  const paths = findArrays(scan, skipSpace(scan.bytes, 0));
  const [path, other] = paths;
  if (path === undefined && isWhole) return found('documents', 'certain', 'it is one object');
  if (path !== undefined && other === undefined) {
    return found('array', 'likely', 'it is one object, with one array of objects', path);
  }
  const shown = paths.slice(0, 5).map(formatPath);
  const because =
    path === undefined
      ? 'the beginning of the file has no array of objects'
      : `there are ${paths.length} arrays of objects (${shown.join(', ')}${paths.length > shown.length ? ', …' : ''})`;
  return {
    ...found('array', 'unsure', because, path ?? []),
    doubts: [`records: ${because}: which has the rows? A dot (.) means that the document is one row`],
  };
}

function refusePath(told: readonly string[] | undefined): void {
  if (told === undefined || told.length === 0) return;
  throw new AppError(
    'InvalidInput',
    `--records ${formatPath(told)}: the file is no single document, but one object after another, each of them a record`,
  );
}

const NAMES = { lines: 'NDJSON', documents: 'JSON objects', array: 'a JSON array' };

function found(
  framing: JsonShape['framing'],
  certainty: Certainty,
  because: string,
  path: readonly string[] = [],
): FoundJson {
  const where = path.length === 0 ? '' : ` at ${formatPath(path)}`;
  return {
    shape: { framing, path },
    findings: [{ property: 'records', certainty, because: `${NAMES[framing]}${where}: ${because}` }],
    doubts: [],
  };
}
