import { NULL, PLACE } from '../csv/field-place.ts';
import { nameColumns } from '../csv/header-names.ts';
import { fieldCheck } from '../types/field-check.ts';
import { fitsType, keepsKind, widenType } from '../types/fits-type.ts';
import { type Column, type ColumnValues, type InferOptions, typeColumns } from '../types/infer-columns.ts';
import type { InferredType } from '../types/infer-type.ts';
import { inferJsonType, type JsonValue } from './infer-json-type.ts';
import type { JsonShape } from './json-shape.ts';
import { objectScanner } from './scan-object.ts';
import { type ObjectStreamOptions, takeObjects } from './split-json.ts';
import { recordTaker } from './take-records.ts';

/** So much text of values is held to infer types from; what comes after it can but widen them. */
const HELD_CHARACTERS = 2_097_152;
/** What a value costs beside its text. */
const VALUE_CHARACTERS = 16;

export interface JsonColumnOptions extends Pick<InferOptions, 'types' | 'dateFormat'>, ObjectStreamOptions {
  /** Strings that mean NULL. */
  readonly nullWords?: readonly string[];
}

/**
 * The columns of a text of JSON, of all of it or of its beginning: one for each key of its records, in the order of their first
 * appearance, with types that keep all of their values. Memory is bounded. Throws what `splitJson` and `inferColumns`
 * throw, and `InvalidInput` for more keys than a table may have columns.
 */
export async function findJsonColumns(
  text: AsyncIterable<Uint8Array>,
  shape: JsonShape,
  { types, dateFormat, nullWords = [], ...options }: JsonColumnOptions = {},
): Promise<Column[]> {
  const objects = objectScanner([], { nullWords: nullWords.map((word) => Buffer.from(word)), grows: true });
  const profiles: KeyProfile[] = [];
  let count = 0;
  let held = 0;
  for await (const { records } of takeObjects(text, shape, recordTaker(objects, shape.encoding), options)) {
    while (profiles.length < objects.keys.length) profiles.push(keyProfile(dateFormat));
    for (const [index, { bytes, places, placesAt }] of records.entries()) {
      const end = records[index + 1]?.placesAt ?? places.length;
      for (let at = placesAt; at < end; at += PLACE) {
        if (places[at] === NULL) continue;
        const profile = profiles[(at - placesAt) / PLACE] as KeyProfile;
        held += profile.add(bytes, places[at] as number, places[at + 1] as number, places[at + 2] as number);
      }
      count += 1;
      if (held < HELD_CHARACTERS) continue;
      for (const profile of profiles) profile.infer();
      held = 0;
    }
  }
  return typeColumns(nameColumns(objects.keys, profiles.length), { types, dateFormat }, (index) => {
    const profile = profiles[index] as KeyProfile;
    return { nulls: count - profile.count(), infer: () => profile.infer() };
  });
}

interface KeyProfile extends Pick<ColumnValues, 'infer'> {
  /** Takes a value, and returns how much of it is held until the type is inferred. */
  add(bytes: Buffer, kind: number, start: number, end: number): number;
  count(): number;
}

function keyProfile(dateFormat: InferOptions['dateFormat']): KeyProfile {
  let values: JsonValue[] = [];
  let inferred: InferredType | undefined;
  let check: ReturnType<typeof fieldCheck>;
  let count = 0;

  function widen(value: JsonValue, type: InferredType): InferredType {
    const shown = value.text.length > 40 ? `${value.text.slice(0, 40)}…` : value.text;
    const wider = widenType(value.text, type, '.', value.kind);
    return become({ type: wider, because: `it would be ${type.type}, but for ${JSON.stringify(shown)}` });
  }

  function become(type: InferredType): InferredType {
    inferred = type;
    check = type.type === 'jsonb' ? undefined : fieldCheck(type, '.');
    return type;
  }

  return {
    add(bytes, kind, start, end) {
      count += 1;
      if (inferred !== undefined && keepsKind(kind, inferred.type) && (check?.(bytes, start, end) ?? true)) return 0;
      const value = { kind, text: bytes.toString('utf8', start, end) };
      if (inferred !== undefined) {
        widen(value, inferred);
        return 0;
      }
      values.push(value);
      return value.text.length + VALUE_CHARACTERS;
    },
    infer() {
      if (inferred === undefined && values.length === 0) return inferJsonType([]);
      if (inferred === undefined) become(inferJsonType(values, dateFormat));
      let type = inferred as InferredType;
      // What the load would not take is not promised.
      for (const value of values) {
        const isKept = type.type === 'jsonb' || (keepsKind(value.kind, type.type) && fitsType(value.text, type, '.'));
        if (!isKept) type = widen(value, type);
      }
      values = [];
      return type;
    },
    count: () => count,
  };
}
