import { isUtf8 } from 'node:buffer';
import { type FieldPlaces, PLACE } from '../csv/field-place.ts';
import { type Reject, rawText } from '../csv/reject.ts';
import type { SplitBatch, SplitRecord } from '../csv/split-records.ts';
import { BEGIN_ARRAY, BEGIN_OBJECT, QUOTE, type Scan, STOPPED, skipSpace, stop } from './scan.ts';
import type { ObjectScanner } from './scan-object.ts';
import { scanValue } from './scan-value.ts';

/** A batch has as many numbers for places: records may be short, and their columns many. */
const MOST_PLACES = 262_144;

/** Takes what is whole of a scan, and returns where the rest of it begins. */
export type Cutter<Batch> = (scan: Scan) => Generator<Batch, number>;

/** Takes values for records or rejects, and makes batches of them. */
export interface RecordTaker<Batch> {
  /** Whether its batches have the bytes of the scans in them. */
  readonly keepsBytes: boolean;
  /**
   * Takes the value that begins at `from`, and returns where it ends; or takes nothing, and returns `STOPPED`: it is no
   * JSON, or not whole, or, where it must have all of the scan to itself, something follows it.
   */
  take(scan: Scan, from: number, line: number, alone: boolean): number;
  refuse(scan: Scan, start: number, end: number, line: number, reason: string): void;
  blank(): void;
  isFull(): boolean;
  /** What was taken since the last one, where that is anything. */
  batch(): Batch | undefined;
}

type OpenRecord = { -readonly [P in keyof SplitRecord]: SplitRecord[P] };

export function recordTaker(objects: ObjectScanner, encoding: string): RecordTaker<SplitBatch> {
  const width = objects.mostKeys * PLACE;
  const places: FieldPlaces = new Int32Array(Math.max(MOST_PLACES, width));
  let length = 0;
  let records: OpenRecord[] = [];
  let rejects: Reject[] = [];
  let blankRows = 0;
  let lateKey: SplitBatch['lateKey'];

  function refuse({ bytes }: Scan, start: number, end: number, line: number, reason: string): void {
    rejects.push({ line, raw: rawText(bytes.subarray(start, end)), reason });
  }

  return {
    keepsBytes: true,
    take(scan, from, line, alone) {
      const { bytes } = scan;
      const isObject = bytes[from] === BEGIN_OBJECT;
      let end = isObject ? objects.scan(scan, from, places, length) : scanValue(scan, from);
      const next = end === STOPPED ? STOPPED : skipSpace(bytes, end);
      if (alone && next !== STOPPED && next !== scan.size) end = stop(scan, next, 'the end of the line');
      // A number may go on.
      if (!isObject && !alone && end === scan.size && !scan.whole) end = stop(scan, end, 'the rest');
      const reason = end === STOPPED ? undefined : reasonAgainst(scan, from, end);
      if (end === STOPPED || reason !== undefined) {
        if (isObject) objects.forget();
        if (reason !== undefined) refuse(scan, from, end, line, reason);
        return end;
      }
      records.push({ line, bytes, start: from, end, places, placesAt: length });
      length += objects.keys.length * PLACE;
      if (objects.lateKey !== undefined) lateKey ??= { line, key: objects.lateKey };
      return end;
    },
    refuse,
    blank() {
      blankRows += 1;
    },
    isFull: () => length + width > places.length,
    batch() {
      if (records.length === 0 && rejects.length === 0 && blankRows === 0) return undefined;
      const own = places.slice(0, length);
      for (const record of records) record.places = own;
      const batch = { records, rejects, blankRows, ...(lateKey === undefined ? {} : { lateKey }) };
      length = 0;
      records = [];
      rejects = [];
      blankRows = 0;
      lateKey = undefined;
      return batch;
    },
  };

  function reasonAgainst({ bytes, isText }: Scan, start: number, end: number): string | undefined {
    if (!isText && !isUtf8(bytes.subarray(start, end))) return `it has bytes that are no ${encoding}`;
    return bytes[start] === BEGIN_OBJECT ? objects.flaw : `expected an object, got ${nameOf(bytes[start] as number)}`;
  }
}

export function nameOf(firstByte: number): string {
  if (firstByte === BEGIN_OBJECT) return 'an object';
  if (firstByte === BEGIN_ARRAY) return 'an array';
  if (firstByte === QUOTE) return 'a string';
  if (firstByte === 0x6e) return 'null';
  return firstByte === 0x74 || firstByte === 0x66 ? 'true or false' : 'a number';
}
