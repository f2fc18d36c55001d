/**
 * Where fields lie in bytes: numbers, for there are too many fields for objects. A field takes `PLACE` of them: how it
 * stands there, then the start and the end of its content.
 */
export type FieldPlaces = Int32Array;

export const PLACE = 3;

/** Without quotes. */
export const BARE = 0;
/** In quotes, which are no part of its content. */
export const QUOTED = 1;
/** In quotes, and its content has escapes that are no part of its value. */
export const ESCAPED = 2;
/** Without quotes, and what it says means NULL. */
export const NULL = 3;
/** The content of a string of JSON: beyond its record where escapes were undone. */
export const STRING = 4;
/** A number, true or false of JSON. */
export const LITERAL = 5;
/** The text of JSON itself: an object or array, or whatever goes where JSON is stored. */
export const JSON_TEXT = 6;

/** Places as they are found, record by record. */
export interface PlaceList {
  /** Begins a record; returns where its places will begin. */
  open(): number;
  add(kind: number, start: number, end: number): void;
  /** Forgets the places from `at` on. */
  cut(at: number): void;
  copy(): FieldPlaces;
}

/** Of a record that has more than `mostFields` it keeps so many: a line of nothing but delimiters costs no memory. */
export function placeList(mostFields: number): PlaceList {
  let numbers = new Int32Array(1_024);
  let length = 0;
  let limit = 0;
  return {
    open() {
      limit = length + mostFields * PLACE;
      return length;
    },
    add(kind, start, end) {
      if (length >= limit) return;
      if (length + PLACE > numbers.length) {
        const wider = new Int32Array(numbers.length * 2);
        wider.set(numbers);
        numbers = wider;
      }
      numbers[length] = kind;
      numbers[length + 1] = start;
      numbers[length + 2] = end;
      length += PLACE;
    },
    cut(at) {
      length = at;
    },
    copy: () => numbers.slice(0, length),
  };
}
