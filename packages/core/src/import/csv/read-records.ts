import { isUtf8 } from 'node:buffer';
import { parse } from 'csv-parse/sync';
import type { Dialect } from './dialect.ts';
import { type Frame, type FramedRecord, frameRecords, RECORD_LIMIT_BYTES } from './frame-records.ts';
import { withoutFirstLines, withoutLastLines } from './line-range.ts';
import { type Reject, rawText } from './reject.ts';
import { type Flaw, type Grammar, grammarOf, scanRecord } from './scan-record.ts';

export interface CsvRecord {
  /** Of its first physical line, from 1, counted from the beginning of the file. */
  readonly line: number;
  /** As many as the dialect has columns. What counts as NULL is null. */
  readonly values: readonly (string | null)[];
  /** Its UTF-8 bytes without its line end, a view that keeps the batch alive: see `rawText`. */
  readonly raw: Uint8Array;
}

/** Some of a file's records, in its order, but for the rejects that stood among them. */
export interface RecordBatch {
  readonly records: readonly CsvRecord[];
  readonly rejects: readonly Reject[];
  /** Empty lines, and rows of empty fields alone. They are no records, and are told all the same. */
  readonly blankRows: number;
}

export interface ReadOptions {
  /** Words that mean NULL where they stand unquoted, beside the empty field. */
  readonly nullWords?: readonly string[];
  readonly limitBytes?: number;
}

/**
 * Reads rows, in bounded memory. `text` is the whole file in UTF-8 (`toUtf8`), its preamble and footer still there.
 * Every record of the rows is in one batch, as a record or as a reject: with an unfitting quote, another number of
 * fields than the dialect has columns, NUL bytes, bytes that are no text, or other quotes around all of its fields.
 * No value is altered. Throws `InvalidInput` for a line beyond `limitBytes`, and what `text` throws.
 *
 * csv-parse splits the fields; that it finds the very records of our own scanner is checked.
 */
export async function* readRecords(
  text: AsyncIterable<Uint8Array>,
  dialect: Dialect,
  { nullWords = [], limitBytes = RECORD_LIMIT_BYTES }: ReadOptions = {},
): AsyncGenerator<RecordBatch> {
  const grammar = grammarOf(dialect);
  const lines = withoutFirstLines(text, dialect.skipLines, grammar.loneCr);
  const body = withoutLastLines(lines, dialect.footerLines, grammar.loneCr);
  const nulls = new Set(['', ...nullWords]);
  let headerRows = dialect.headerRows;
  // In a table of one column an empty line is a row with a NULL; at the end of the file it is the end.
  let emptyLines: number[] = [];
  for await (const frame of frameRecords(body, grammar, { firstLine: dialect.skipLines + 1, limitBytes })) {
    const rows = frame.records.slice(headerRows);
    headerRows -= frame.records.length - rows.length;
    yield readFrame({ bytes: frame.bytes, records: rows });
  }
  if (emptyLines.length > 0) yield { records: [], rejects: [], blankRows: emptyLines.length };

  function readFrame({ bytes, records: rows }: Frame): RecordBatch {
    const hasNul = bytes.includes(0);
    const isText = isUtf8(bytes);
    const records: CsvRecord[] = [];
    const rejects: Reject[] = [];
    const good: GoodRow[] = [];
    let blankRows = 0;
    for (const row of rows) {
      if (dialect.columns === 1 && row.start === row.end && emptyLines.length < MOST_EMPTY_LINES) {
        emptyLines.push(row.line);
        continue;
      }
      if (dialect.columns !== 1 && isBlank(bytes, row, grammar)) {
        blankRows += 1;
        continue;
      }
      const raw = bytes.subarray(row.start, row.end);
      for (const line of emptyLines) records.push({ line, values: [null], raw: raw.subarray(0, 0) });
      emptyLines = [];
      const reason = reasonAgainst(row, raw, { hasNul, isText });
      if (reason === undefined) good.push({ row, raw });
      else rejects.push({ line: row.line, raw: rawText(raw), reason });
    }
    for (const [index, values] of splitFields(bytes, good, dialect).entries()) {
      const { row, raw } = good[index] as GoodRow;
      const { line } = row;
      const empties = values.filter((value) => value === '').length;
      if (empties === values.length && values.length > 1) {
        blankRows += 1;
      } else if (isWrapped(raw, values, dialect)) {
        const reason = `all of its fields are in ${values[0]?.[0]}, which quotes nothing in this dialect`;
        rejects.push({ line, raw: rawText(raw), reason });
      } else if (empties === 0 && nulls.size === 1) {
        records.push({ line, values, raw });
      } else {
        const mayBeQuoted = row.quotedEmpty || nulls.size > 1;
        records.push({ line, values: withNulls(values, raw, { nulls, mayBeQuoted }, grammar), raw });
      }
    }
    records.sort((a, b) => a.line - b.line);
    return { records, rejects, blankRows };
  }

  function reasonAgainst(
    row: FramedRecord,
    raw: Buffer,
    { hasNul, isText }: { hasNul: boolean; isText: boolean },
  ): string | undefined {
    if (!isText && !isUtf8(raw)) return `it has bytes that are no ${dialect.encoding}`;
    if (hasNul && raw.includes(0)) return 'it has a NUL character, which PostgreSQL cannot store';
    if (row.flaw !== undefined) return FLAWS[row.flaw];
    if (row.fields !== dialect.columns) return `expected ${dialect.columns} fields, got ${row.fields}`;
    return undefined;
  }
}

interface GoodRow {
  readonly row: FramedRecord;
  readonly raw: Buffer;
}

/** So many are held until something follows them; more are taken for rows. */
const MOST_EMPTY_LINES = 65_536;

const FLAWS: Readonly<Record<Flaw, string>> = {
  'unclosed quote': 'a quote is opened and never closed',
  'text after a closing quote': 'there is text between a closing quote and the next delimiter',
  'quote inside an unquoted field': 'there is a quote inside an unquoted field',
  'lone CR': 'there is a carriage return inside an unquoted field',
};

function isBlank(bytes: Uint8Array, { start, end }: FramedRecord, { delimiter }: Grammar): boolean {
  for (let at = start; at < end; at += 1) if (bytes[at] !== delimiter[(at - start) % delimiter.length]) return false;
  return (end - start) % delimiter.length === 0;
}

function splitFields(bytes: Buffer, good: readonly GoodRow[], dialect: Dialect): string[][] {
  if (good.length === 0) return [];
  const { delimiter, quote } = dialect;
  const split = parse(joinRows(bytes, good, dialect), {
    delimiter,
    quote,
    escape: dialect.escape,
    record_delimiter: dialect.lineEnd === 'lf' || dialect.lineEnd === 'crlf' ? ['\r\n', '\n'] : ['\r\n', '\n', '\r'],
    relax_column_count: true,
  });
  if (split.length !== good.length || split.some(({ length }) => length !== dialect.columns)) {
    throw new Error(`the scanner found ${good.length} records of ${dialect.columns} fields, csv-parse ${split.length}`);
  }
  return split;
}

/** The rows as they are, unless there is something between them that csv-parse must not see. */
function joinRows(bytes: Buffer, good: readonly GoodRow[], dialect: Dialect): Buffer {
  const isWhole = good.every(
    ({ row }, index) => !row.loneEscape && row.next === (good[index + 1]?.row.start ?? row.next),
  );
  if (isWhole) return bytes.subarray(good[0]?.row.start, good.at(-1)?.row.next);
  const parts = good.map(({ row, raw }) =>
    row.loneEscape ? Buffer.from(doubleLoneEscapes(raw.toString('utf8'), dialect)) : raw,
  );
  return Buffer.concat(parts.flatMap((part) => [part, LINE_END]));
}

const LINE_END = Buffer.from('\n');

/**
 * csv-parse takes an escape away whatever follows it; PostgreSQL's COPY, and we, only before a quote or another escape.
 * Outside of quotes neither does, and there it must not be doubled.
 */
function doubleLoneEscapes(raw: string, { quote, escape: mark }: Dialect): string {
  let out = '';
  let quoted = false;
  for (let at = 0; at < raw.length; at += 1) {
    const character = raw[at] as string;
    const next = raw[at + 1];
    if (quoted && character === mark) {
      out += next === quote || next === mark ? character + next : character + character;
      if (next === quote || next === mark) at += 1;
      continue;
    }
    if (character === quote) quoted = !quoted;
    out += character;
  }
  return out;
}

const OTHER_QUOTES = ['"', "'", '`'];

/** Whether every field stands in quotes that are none in this dialect: another writer has been at this row. */
function isWrapped(raw: Uint8Array, values: readonly string[], { quote }: Dialect): boolean {
  const mark = String.fromCharCode(raw[0] ?? 0);
  if (quote === null || mark === quote || !OTHER_QUOTES.includes(mark) || values.length < 2) return false;
  return values.every((value) => value.length >= 2 && value.startsWith(mark) && value.endsWith(mark));
}

function withNulls(
  values: string[],
  raw: Uint8Array,
  { nulls, mayBeQuoted }: { readonly nulls: ReadonlySet<string>; readonly mayBeQuoted: boolean },
  grammar: Grammar,
): (string | null)[] {
  if (!values.some((value) => nulls.has(value))) return values;
  if (!mayBeQuoted) return values.map((value) => (nulls.has(value) ? null : value));
  const bounds: number[] = [];
  scanRecord(raw, 0, grammar, true, bounds);
  return values.map((value, index) =>
    nulls.has(value) && raw[bounds[index * 2] ?? 0] !== grammar.quote ? null : value,
  );
}
