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

/** Places as they are found. */
export interface PlaceList {
  add(kind: number, start: number, end: number): void;
  /** In numbers, not in places. */
  length(): number;
  /** Keeps the first `length` numbers. */
  cut(length: number): void;
  copy(): FieldPlaces;
}

export function placeList(): PlaceList {
  let numbers = new Int32Array(1_024);
  let length = 0;
  return {
    length: () => length,
    add(kind, start, end) {
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
    cut(to) {
      length = to;
    },
    copy: () => numbers.slice(0, length),
  };
}
