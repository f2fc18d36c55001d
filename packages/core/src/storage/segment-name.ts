import { createHash } from 'node:crypto';

/** The folder of the store's own files, in its root. */
export const PRIVATE_FOLDER = '.datasens';

/** Inside the folder `a/`: the object whose key is `a`. */
export const OWN_OBJECT = '%@';

const ESCAPED = '%=';
const HASHED = '%#';
const BESIDE = '%+';
const RESERVED = /^%[=#@+]/;

/** Leaves room, in the 255 bytes of a file name, for the mark of a folder beside an object. */
const MAX_NAME_BYTES = 250;

/**
 * The file name of a key's segment: the segment itself, unless no file can be called so (empty, `.`, `..`), the name
 * is the store's own, it reads like one of the forms below, or it is too long.
 *
 * `%=` + the segment with `%` and `.` percent-encoded; `%#` + its SHA-256 when that is over 250 bytes (long-names.ts
 * keeps the text). One to one: a name that does not come out of this function stands for no segment.
 */
export function nameOf(segment: string): string {
  const name = mustEscape(segment) ? ESCAPED + segment.replace(/[%.]/g, encode) : segment;
  if (Buffer.byteLength(name) <= MAX_NAME_BYTES) return name;
  return HASHED + createHash('sha256').update(segment).digest('hex');
}

/** The segment that `nameOf` gave this name, or undefined: a hashed name, or a file that is no part of any key. */
export function segmentOf(name: string): string | undefined {
  const segment = name.startsWith(ESCAPED) ? name.slice(ESCAPED.length).replace(/%25|%2E/g, decode) : name;
  return nameOf(segment) === name ? segment : undefined;
}

export function isHashed(name: string): boolean {
  return name.startsWith(HASHED);
}

/** The name of the folder of `segment` where the plain name was an object's first (see folders.ts). */
export function besideName(segment: string): string {
  return BESIDE + nameOf(segment);
}

/** Undoes `besideName` as far as the plain name; undefined for any other name. */
export function plainNameOf(name: string): string | undefined {
  return name.startsWith(BESIDE) ? name.slice(BESIDE.length) : undefined;
}

function mustEscape(segment: string): boolean {
  return segment === '' || segment === '.' || segment === '..' || segment === PRIVATE_FOLDER || RESERVED.test(segment);
}

function encode(character: string): string {
  return character === '%' ? '%25' : '%2E';
}

function decode(code: string): string {
  return code === '%25' ? '%' : '.';
}
