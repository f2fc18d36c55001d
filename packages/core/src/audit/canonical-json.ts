import { AppError } from '../errors.ts';

/** What JSON can say. Properties that are undefined are left out, as JSON.stringify does. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json | undefined };

/**
 * `value` in the one form that has a hash: RFC 8785 (JCS) — no white space, properties sorted by UTF-16 code units,
 * numbers and strings as ECMAScript prints them. Throws `InvalidInput` for what JSON cannot hold unaltered: NaN,
 * infinities, bigints, functions, class instances such as Date, and text with half a surrogate pair.
 */
export function canonicalJson(value: unknown): string {
  switch (typeof value) {
    case 'boolean':
      return String(value);
    case 'number':
      if (!Number.isFinite(value)) throw unfit(String(value));
      return JSON.stringify(value);
    case 'string':
      if (!value.isWellFormed()) throw unfit(`text that is not Unicode (${JSON.stringify(value)})`);
      return JSON.stringify(value);
    case 'object':
      return value === null ? 'null' : canonicalObject(value);
    default:
      throw unfit(`a ${typeof value}`);
  }
}

function canonicalObject(value: object): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) throw unfit(`a ${value.constructor.name}`);
  const properties = Object.entries(value).filter(([, property]) => property !== undefined);
  properties.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${properties.map(([key, property]) => `${canonicalJson(key)}:${canonicalJson(property)}`).join(',')}}`;
}

function unfit(what: string): AppError {
  return new AppError('InvalidInput', `the journal holds JSON only, and ${what} has no place in it`);
}
