import { isUtf8 } from 'node:buffer';
import type { Dialect } from './dialect.ts';
import { BARE, type FieldPlaces, NULL, PLACE } from './field-place.ts';
import { fieldTexts } from './field-text.ts';
import { type Frame, type FramedRecord, frameRecords, RECORD_LIMIT_BYTES } from './frame-records.ts';
import { withoutFirstLines, withoutLastLines } from './line-range.ts';
import { type Reject, rawText } from './reject.ts';
import { type Flaw, type Grammar, grammarOf } from './scan-record.ts';

/** A record where it stands: nothing of it is copied. It keeps the bytes around it alive. */
export interface SplitRecord {
  /** Of its first physical line, from 1, counted from the beginning of the file. */
  readonly line: number;
  /** UTF-8. */
  readonly bytes: Buffer;
  /** Where it lies in `bytes`, without its line end. */
  readonly start: number;
  readonly end: number;
  readonly places: FieldPlaces;
  /** Where the places of its fields begin in `places`: as many as the dialect has columns. */
  readonly placesAt: number;
}

/** Some of a file's records, in its order, but for the rejects that stood among them. */
export interface SplitBatch {
  readonly records: readonly SplitRecord[];
  readonly rejects: readonly Reject[];
  /** Empty lines, and rows of empty fields alone. They are no records, and are told all the same. */
  readonly blankRows: number;
  /** Of a record that has a key for which there is no column: its values alone are in the batch. */
  readonly lateKey?: { readonly line: number; readonly key: string };
}

export interface SplitOptions {
  /** Words that mean NULL where they stand unquoted, beside the empty field. */
  readonly nullWords?: readonly string[];
  readonly limitBytes?: number;
}

/**
 * Splits rows into fields, in bounded memory. `text` is the whole file in UTF-8 (`toUtf8`), its preamble and footer
 * still there. Every record of the rows is in one batch, as a record or as a reject: with an unfitting quote, another
 * number of fields than the dialect has columns, NUL bytes, bytes that are no text, or other quotes around all of its
 * fields. Throws `InvalidInput` for a line beyond `limitBytes`, and what `text` throws.
 *
 * It finds what csv-parse finds (`split-records.test.ts`, docs/adr/0009).
 */
export async function* splitRecords(
  text: AsyncIterable<Uint8Array>,
  dialect: Dialect,
  { nullWords = [], limitBytes = RECORD_LIMIT_BYTES }: SplitOptions = {},
): AsyncGenerator<SplitBatch> {
  const grammar = grammarOf(dialect);
  const lines = withoutFirstLines(text, dialect.skipLines, grammar.loneCr);
  const body = withoutLastLines(lines, dialect.footerLines, grammar.loneCr);
  const nulls = nullWords.map((word) => Buffer.from(word));
  let headerRows = dialect.headerRows;
  // In a table of one column an empty line is a row with a NULL; at the end of the file it is the end.
  let emptyLines: number[] = [];
  const options = { firstLine: dialect.skipLines + 1, columns: dialect.columns, limitBytes };
  for await (const frame of frameRecords(body, grammar, options)) {
    const rows = headerRows === 0 ? frame.records : frame.records.slice(headerRows);
    headerRows -= frame.records.length - rows.length;
    yield splitFrame(frame, rows);
  }
  if (emptyLines.length > 0) yield { records: [], rejects: [], blankRows: emptyLines.length };

  function splitFrame({ bytes, places }: Frame, rows: readonly FramedRecord[]): SplitBatch {
    const hasNul = bytes.includes(0);
    const isText = isUtf8(bytes);
    const records: SplitRecord[] = [];
    const rejects: Reject[] = [];
    let blankRows = 0;
    for (const row of rows) {
      const { line, start, end, placesAt } = row;
      if (dialect.columns === 1 && start === end && emptyLines.length < MOST_EMPTY_LINES) {
        emptyLines.push(line);
        continue;
      }
      if (dialect.columns !== 1 && isBlank(bytes, row, grammar)) {
        blankRows += 1;
        continue;
      }
      if (emptyLines.length > 0) {
        records.push(...emptyLines.map((emptyLine) => ({ line: emptyLine, ...EMPTY })));
        emptyLines = [];
      }
      const record = { line, bytes, start, end, places, placesAt };
      const reason = reasonAgainst(row, bytes, { hasNul, isText }) ?? reasonOfOtherQuotes(record);
      if (reason !== undefined) rejects.push({ line, raw: rawText(bytes.subarray(start, end)), reason });
      else if (markNulls(bytes, places, placesAt) || dialect.columns === 1) records.push(record);
      else blankRows += 1;
    }
    return { records, rejects, blankRows };
  }

  /** Marks the fields that mean NULL. Returns whether any field has content. */
  function markNulls(bytes: Buffer, places: FieldPlaces, from: number): boolean {
    let hasContent = false;
    for (let at = from, end = from + dialect.columns * PLACE; at < end; at += PLACE) {
      const start = places[at + 1] as number;
      const stop = places[at + 2] as number;
      if (stop > start) hasContent = true;
      if (places[at] === BARE && (start === stop || isWord(bytes, start, stop, nulls))) places[at] = NULL;
    }
    return hasContent;
  }

  function reasonAgainst(
    { start, end, fields, flaw }: FramedRecord,
    bytes: Buffer,
    { hasNul, isText }: { hasNul: boolean; isText: boolean },
  ): string | undefined {
    if (!isText && !isUtf8(bytes.subarray(start, end))) return `it has bytes that are no ${dialect.encoding}`;
    if (hasNul && bytes.subarray(start, end).includes(0))
      return 'it has a NUL character, which PostgreSQL cannot store';
    if (flaw !== undefined) return FLAWS[flaw];
    if (fields !== dialect.columns) return `expected ${dialect.columns} fields, got ${fields}`;
    return undefined;
  }

  /** Where every field stands in quotes that are none in this dialect, another writer has been at this row. */
  function reasonOfOtherQuotes({ bytes, start, places, placesAt: at }: SplitRecord): string | undefined {
    const first = bytes[start] as number;
    if (dialect.columns < 2 || first === grammar.quote || grammar.quote < 0) return undefined;
    const mark = String.fromCharCode(first);
    if (!OTHER_QUOTES.includes(mark)) return undefined;
    const values = fieldTexts(bytes, places, { at, count: dialect.columns }, grammar);
    const isIn = (value: string | null) =>
      value !== null && value.length >= 2 && value.startsWith(mark) && value.endsWith(mark);
    return values.every(isIn) ? `all of its fields are in ${mark}, which quotes nothing in this dialect` : undefined;
  }
}

/** The only field of an empty line. */
const EMPTY = { bytes: Buffer.alloc(0), start: 0, end: 0, places: Int32Array.of(NULL, 0, 0), placesAt: 0 };

/** So many are held until something follows them; more are taken for rows. */
const MOST_EMPTY_LINES = 65_536;

const FLAWS: Readonly<Record<Flaw, string>> = {
  'unclosed quote': 'a quote is opened and never closed',
  'text after a closing quote': 'there is text between a closing quote and the next delimiter',
  'quote inside an unquoted field': 'there is a quote inside an unquoted field',
  'lone CR': 'there is a carriage return inside an unquoted field',
};

const OTHER_QUOTES = ['"', "'", '`'];

function isBlank(bytes: Uint8Array, { start, end }: FramedRecord, { delimiter }: Grammar): boolean {
  for (let at = start; at < end; at += 1) if (bytes[at] !== delimiter[(at - start) % delimiter.length]) return false;
  return (end - start) % delimiter.length === 0;
}

/** Without a closure: it is asked for every field. */
export function isWord(bytes: Uint8Array, start: number, end: number, words: readonly Uint8Array[]): boolean {
  for (const word of words) {
    if (word.length !== end - start) continue;
    let at = 0;
    while (at < word.length && bytes[start + at] === word[at]) at += 1;
    if (at === word.length) return true;
  }
  return false;
}
