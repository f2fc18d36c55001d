import { copyRows } from '../copy-rows.ts';
import { JSON_TEXT, STRING } from '../csv/field-place.ts';
import { UNMARKED } from '../csv/scan-record.ts';
import type { SplitBatch } from '../csv/split-records.ts';
import type { LoadOutcome } from '../load-job.ts';
import type { LoadColumn } from '../plan-import.ts';
import { fieldCheck } from '../types/field-check.ts';
import { keepsKind } from '../types/fits-type.ts';
import { recordCheck } from '../types/record-check.ts';
import { BEGIN_OBJECT, type Scan, STOPPED, skipSpace } from './scan.ts';
import { storesJson } from './scan-object.ts';
import { scannerOf } from './split-json.ts';
import { type RecordTaker, recordTaker } from './take-records.ts';
import { type CopyOutput, rowWriter, type WrittenColumn } from './write-row.ts';

/** Lines of COPY's text format. */
export interface CopyText {
  readonly bytes: Uint8Array;
  readonly rows: number;
}

/** What a record is that is no line of a COPY. */
export class Halt extends Error {
  readonly outcome: LoadOutcome;

  constructor(outcome: LoadOutcome) {
    super();
    this.outcome = outcome;
  }
}

/** Writes records as lines of COPY. Throws `Halt` for the first that would be a reject, or has no place in the columns. */
export interface CopyTaker extends RecordTaker<CopyText> {
  /** Takes the memory of lines that nobody reads any more. */
  reuse(lines: Uint8Array): void;
}

/** So many bytes of lines are enough for a batch. */
const BATCH_BYTES = 1_048_576;
const MEMORY_BYTES = 2 * BATCH_BYTES;
const MOST_SPARE = 4;
const NULL_BYTES = 3;

export function copyTaker(columns: readonly LoadColumn[]): CopyTaker {
  const write = rowWriter(columns.map(writtenColumn));
  const usual = recordTaker(scannerOf(columns), 'utf-8');
  const misfit = recordCheck(columns, '.', UNMARKED);
  const line = copyRows(columns, { grammar: UNMARKED, decimal: '.', withSource: false });
  const spare: ArrayBuffer[] = [];
  let out: CopyOutput = { bytes: Buffer.alloc(0), size: 0 };
  let rows = 0;

  function makeRoom(bytes: number): void {
    const wanted = out.size + bytes;
    if (wanted <= out.bytes.length) return;
    const memory = wanted <= MEMORY_BYTES ? spare.pop() : undefined;
    const wider = memory ? Buffer.from(memory) : Buffer.allocUnsafeSlow(Math.max(wanted, MEMORY_BYTES));
    out.bytes.copy(wider, 0, 0, out.size);
    out = { bytes: wider, size: out.size };
  }

  /** Takes what is not as most records are, by the way of all that are loaded row by row. */
  function takeSlowly(scan: Scan, from: number, at: number, alone: boolean): number {
    const end = usual.take(scan, from, at, alone);
    if (end !== STOPPED) addRecord(usual.batch() as SplitBatch);
    return end;
  }

  function addRecord({ records: [record], rejects: [reject], lateKey }: SplitBatch): void {
    if (lateKey !== undefined) throw new Halt({ kind: 'late key', ...lateKey });
    if (record === undefined) throw oddLine(reject?.line, reject?.reason);
    const column = misfit(record);
    if (column >= 0) throw new Halt({ kind: 'broken type', column });
    line.clear();
    line.add(record);
    const bytes = line.slice(0, 1);
    makeRoom(bytes.length);
    out.bytes.set(bytes, out.size);
    out.size += bytes.length;
    rows += 1;
  }

  return {
    keepsBytes: false,
    take(scan, from, at, alone) {
      makeRoom(2 * (scan.size - from) + NULL_BYTES * columns.length);
      const before = out.size;
      const isUsual = scan.isText && scan.bytes[from] === BEGIN_OBJECT;
      const end = isUsual ? write(scan, from, out) : STOPPED;
      if (end === STOPPED || (alone && skipSpace(scan.bytes, end) !== scan.size)) {
        out.size = before;
        return takeSlowly(scan, from, at, alone);
      }
      rows += 1;
      return end;
    },
    refuse(_scan, _start, _end, at, reason) {
      throw oddLine(at, reason);
    },
    blank() {},
    isFull: () => out.size >= BATCH_BYTES,
    batch() {
      if (rows === 0) return undefined;
      const batch = { bytes: out.bytes.subarray(0, out.size), rows };
      out = { bytes: Buffer.alloc(0), size: 0 };
      rows = 0;
      return batch;
    },
    reuse({ buffer }) {
      if (buffer.byteLength === MEMORY_BYTES && spare.length < MOST_SPARE) spare.push(buffer as ArrayBuffer);
    },
  };
}

function oddLine(line: number | undefined, reason: string | undefined): Halt {
  return new Halt({ kind: 'odd', because: `line ${line}: ${reason}` });
}

function writtenColumn(column: LoadColumn): WrittenColumn {
  const { name, header, type, sqlType, inferred } = column;
  return {
    key: header ?? name,
    storesJson: storesJson(sqlType),
    keepsStrings: !inferred || keepsKind(STRING, type),
    keepsNested: !inferred || keepsKind(JSON_TEXT, type),
    check: inferred && type !== 'jsonb' ? fieldCheck(column, '.') : undefined,
  };
}
