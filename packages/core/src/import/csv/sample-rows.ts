import { BARE, type FieldPlaces, PLACE, placeList } from './field-place.ts';
import { fieldText } from './field-text.ts';
import { type Flaw, type Grammar, scanRecord } from './scan-record.ts';

export interface Field {
  readonly text: string;
  readonly quoted: boolean;
}

export interface SampleRow {
  /** From 1. */
  readonly line: number;
  readonly lines: number;
  /** Its line end; empty at the end of the text. */
  readonly end: string;
  /** Nothing where the row has a flaw. */
  readonly fields: readonly Field[];
  readonly flaw?: Flaw;
}

export interface RowLimits {
  /** Whether the bytes end where the text ends; otherwise the last record may be half a one, and is left out. */
  readonly complete: boolean;
  readonly maxRows?: number;
}

const LONG_BYTES = 65_536;

/** The rows of a sample under one grammar. */
export function listSampleRows(bytes: Buffer, grammar: Grammar, { complete, maxRows = 1e6 }: RowLimits): SampleRow[] {
  const rows: SampleRow[] = [];
  const places = placeList(Number.MAX_SAFE_INTEGER);
  let line = 1;
  for (let start = 0; start < bytes.length && rows.length < maxRows; ) {
    places.cut(0);
    places.open();
    let scanned = scanRecord(bytes, start, grammar, complete, places);
    // A quote that is open for that long is a flaw, rather than a record that the sample cuts off.
    if (scanned === undefined && bytes.length - start > LONG_BYTES) {
      places.cut(0);
      scanned = scanRecord(bytes, start, grammar, true, places);
    }
    if (scanned === undefined) break;
    const { lines, flaw, next } = scanned;
    const place = { line, lines, end: bytes.toString('latin1', scanned.end, next) };
    const fields = flaw === undefined ? listFields(bytes, places.copy(), grammar) : [];
    rows.push(flaw === undefined ? { ...place, fields } : { ...place, fields, flaw });
    line += lines;
    start = next;
  }
  return rows;
}

function listFields(bytes: Buffer, places: FieldPlaces, grammar: Grammar): Field[] {
  return Array.from({ length: places.length / PLACE }, (_, index) => ({
    text: fieldText(bytes, places, index * PLACE, grammar) ?? '',
    quoted: places[index * PLACE] !== BARE,
  }));
}

export function isBlankRow({ fields, flaw }: SampleRow): boolean {
  return flaw === undefined && fields.every(({ text, quoted }) => text === '' && !(quoted && fields.length === 1));
}

export function isSameRow({ fields, flaw }: SampleRow, other: SampleRow): boolean {
  if (flaw !== undefined || other.flaw !== undefined || fields.length !== other.fields.length) return false;
  return fields.every(({ text }, column) => text === other.fields[column]?.text);
}

/** Where the last whole record of a cut sample ends. */
export function wholeRecordsEnd(bytes: Buffer, grammar: Grammar): number {
  for (let start = 0; ; ) {
    const scanned = scanRecord(bytes, start, grammar, false);
    if (scanned === undefined || scanned.next <= start) return start;
    start = scanned.next;
  }
}
