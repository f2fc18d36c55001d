import { AppError } from '../../errors.ts';
import { type FieldPlaces, JSON_TEXT, LITERAL, NULL, PLACE, STRING } from '../csv/field-place.ts';
import { isWord } from '../csv/split-records.ts';
import { BEGIN_ARRAY, BEGIN_OBJECT, COMMA, END_OBJECT, QUOTE, type Scan, STOPPED, skipSpace, stop } from './scan.ts';
import { scanString, undoEscapes } from './scan-string.ts';
import { afterColon, scanKey, scanValue } from './scan-value.ts';

/** So many columns a table of PostgreSQL may have (manual, appendix K, "Limits"). */
const MOST_KEYS = 1_600;

const LETTER_N = 0x6e;

/** Whether a column of a type, as SQL writes it, stores JSON. */
export function storesJson(sqlType: string): boolean {
  return /^jsonb?$/i.test(sqlType);
}

/** Where the value of a key goes. */
interface KeyColumn {
  readonly key: string;
  /** Whether the column stores JSON: then a string is its text, quotes and escapes and all. */
  readonly storesJson: boolean;
}

/** Finds the values of records by their keys. What is told of a record is so until the next one is scanned. */
export interface ObjectScanner {
  /** The keys of the columns. */
  readonly keys: readonly string[];
  /** So many there may yet be. */
  readonly mostKeys: number;
  /** Why the last object cannot be stored, though it is JSON. */
  readonly flaw: string | undefined;
  /** A key of it for which there is no column. */
  readonly lateKey: string | undefined;
  /**
   * The end of the object that begins at `from`, or `STOPPED`. The places of its values are put at `placesAt`: one for
   * each of `keys`.
   */
  scan(scan: Scan, from: number, places: FieldPlaces, placesAt: number): number;
  /** Takes back the keys that the last object has added: it is no record. */
  forget(): void;
}

export interface ObjectOptions {
  /** Strings that mean NULL. */
  readonly nullWords: readonly Uint8Array[];
  /** Whether a key that has no column gets one; then it throws `InvalidInput` for more of them than `MOST_KEYS`. */
  readonly grows: boolean;
}

export function objectScanner(columns: readonly KeyColumn[], { nullWords, grows }: ObjectOptions): ObjectScanner {
  const keys: string[] = [];
  const storesJson: boolean[] = [];
  /** By the bytes of the key. */
  const columnOf = new Map<string, number>();
  /** Each key as it was written last, with the quote at its end: most records write the same, in the same order. */
  const written: Uint8Array[] = [];
  /** By column, and one more: the column that came after it last. The first is the one that came first. */
  const following: number[] = [0];
  /** By column: the number of the last record that had it. */
  const seenIn: number[] = [];
  const strangers = new Set<string>();
  let record = 0;
  /** As many keys as there were before this record. */
  let keysBefore = 0;
  /** Of the key that was scanned last; -1 for none. */
  let column = -1;
  /** One more than the column before it. */
  let before = 0;
  /** As many columns as the record has. */
  let found = 0;
  let flaw: string | undefined;
  let lateKey: string | undefined;
  for (const { key, storesJson: does } of columns) add(key, does);

  function add(key: string, does: boolean): number {
    const column = keys.push(key) - 1;
    storesJson.push(does);
    columnOf.set(Buffer.from(key).toString('latin1'), column);
    written.push(Buffer.from(JSON.stringify(key)).subarray(1));
    following.push(column + 1);
    seenIn.push(0);
    return column;
  }

  /** The column of a key that is not written as it was before. */
  function findColumn(scan: Scan, start: number, end: number): number {
    const { bytes, escaped } = scan;
    const from = escaped ? undoEscapes(scan, start, end) : start;
    const to = escaped ? scan.spare : end;
    if (scan.unstorable !== undefined) {
      flaw ??= `it has a key that ${scan.unstorable}`;
      scan.unstorable = undefined;
      return -1;
    }
    const column = columnOf.get(bytes.toString('latin1', from, to));
    if (column !== undefined) {
      const isLearnt = !escaped && written[column]?.length === end + 1 - start;
      if (!isLearnt) written[column] = Uint8Array.prototype.slice.call(bytes, start, end + 1);
      return column;
    }
    const key = bytes.toString('utf8', from, to);
    if (strangers.has(key)) flaw ??= keyTwice(key);
    strangers.add(key);
    if (!grows) return -1;
    if (keys.length < MOST_KEYS) return add(key, false);
    throw new AppError(
      'InvalidInput',
      `there are more than ${MOST_KEYS} different keys, as many as a table may have columns: are these records, or is each value one?`,
    );
  }

  /** Finds the column of the key at `at`, and returns where its value begins. */
  function scanMemberKey(scan: Scan, at: number): number {
    const { bytes } = scan;
    column = following[before] as number;
    const word = written[column];
    if (word !== undefined && bytes[at] === QUOTE) {
      let length = 0;
      while (length < word.length && bytes[at + 1 + length] === word[length]) length += 1;
      if (length === word.length) return afterColon(scan, at + 1 + length);
    }
    const end = scanKey(scan, at);
    if (end === STOPPED) return STOPPED;
    column = findColumn(scan, at + 1, end);
    if (column >= 0) following[before] = column;
    return afterColon(scan, end + 1);
  }

  /** Finds the place of the value at `from`, and returns where it ends. */
  function scanMemberValue(scan: Scan, from: number, places: FieldPlaces, placesAt: number): number {
    const { bytes } = scan;
    const byte = bytes[from] as number;
    const isJson = column >= 0 && storesJson[column] === true;
    let start = from;
    let end: number;
    let next: number;
    let kind: number;
    if (byte === QUOTE) {
      end = scanString(scan, from + 1);
      if (end === STOPPED) return STOPPED;
      next = end + 1;
      if (isJson) {
        kind = JSON_TEXT;
        end = next;
      } else {
        start = scan.escaped ? undoEscapes(scan, from + 1, end) : from + 1;
        if (scan.escaped) end = scan.spare;
        kind = nullWords.length > 0 && isWord(bytes, start, end, nullWords) ? NULL : STRING;
      }
    } else {
      end = scanValue(scan, from);
      if (end === STOPPED) return STOPPED;
      next = end;
      if (byte === LETTER_N) kind = NULL;
      else kind = isJson || byte === BEGIN_OBJECT || byte === BEGIN_ARRAY ? JSON_TEXT : LITERAL;
      if (isJson && isSpecial(bytes, from)) scan.unstorable ??= 'is NaN or Infinity, which jsonb has not';
    }
    if (column >= 0) {
      noteValue(scan);
      const place = placesAt + column * PLACE;
      places[place] = kind;
      places[place + 1] = start;
      places[place + 2] = end;
      before = column + 1;
    }
    scan.unstorable = undefined;
    return next;
  }

  /** Notes that the column has its value, and what speaks against that. */
  function noteValue({ unstorable }: Scan): void {
    if (unstorable !== undefined) flaw ??= `the value of ${JSON.stringify(keys[column])} ${unstorable}`;
    if (seenIn[column] === record) flaw ??= keyTwice(keys[column] as string);
    else found += 1;
    seenIn[column] = record;
  }

  function scanObject(scan: Scan, from: number, places: FieldPlaces, placesAt: number): number {
    const { bytes } = scan;
    begin(scan);
    let at = skipSpace(bytes, from + 1);
    if (bytes[at] !== END_OBJECT) {
      for (;;) {
        at = scanMemberKey(scan, at);
        if (at === STOPPED) return STOPPED;
        at = scanMemberValue(scan, at, places, placesAt);
        if (at === STOPPED) return STOPPED;
        at = skipSpace(bytes, at);
        if (bytes[at] === END_OBJECT) break;
        if (bytes[at] !== COMMA) return stop(scan, at, 'a comma or }');
        at = skipSpace(bytes, at + 1);
      }
    }
    if (found < keys.length) fillMissing(places, placesAt);
    if (!grows && strangers.size > 0) [lateKey] = strangers;
    return at + 1;
  }

  function begin(scan: Scan): void {
    scan.unstorable = undefined;
    record += 1;
    keysBefore = keys.length;
    before = 0;
    found = 0;
    flaw = undefined;
    lateKey = undefined;
    if (strangers.size > 0) strangers.clear();
  }

  function fillMissing(places: FieldPlaces, placesAt: number): void {
    for (let column = 0; column < keys.length; column += 1) {
      if (seenIn[column] !== record) places[placesAt + column * PLACE] = NULL;
    }
  }

  return {
    keys,
    mostKeys: grows ? MOST_KEYS : keys.length,
    get flaw() {
      return flaw;
    },
    get lateKey() {
      return lateKey;
    },
    scan: scanObject,
    forget() {
      for (const key of keys.splice(keysBefore)) columnOf.delete(Buffer.from(key).toString('latin1'));
      for (const list of [storesJson, written, seenIn]) list.length = keys.length;
      following.length = keys.length + 1;
    },
  };
}

function keyTwice(key: string): string {
  return `it has the key ${JSON.stringify(key)} twice`;
}

/** Of a literal: NaN or Infinity, with a minus or without. */
export function isSpecial(bytes: Uint8Array, at: number): boolean {
  const byte = bytes[bytes[at] === 0x2d ? at + 1 : at];
  return byte === 0x4e || byte === 0x49;
}
