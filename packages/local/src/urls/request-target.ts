import { HttpError } from '@datasens/core/http/http-error.ts';

export interface RequestTarget {
  /** As it came: escapes stand as they are. */
  readonly rawPath: string;
  readonly rawQuery: string;
  /** What decides where it goes. */
  readonly first: string;
}

/** RFC 3986, section 3.3: what a path is made of. Escapes are of two hex digits. */
const PATH = /^(\/([A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})*)+$/;
/** Section 3.4. */
const QUERY = /^([A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*$/;
/** What no segment has in it, however it is written: `/`, `\`, and what cannot be seen. */
const NEVER = /[/\\]|\p{C}/u;

/**
 * The target of a request in its origin form (RFC 9112, section 3.2.1). Throws `BadRequest` for any other, and for a path that
 * readers may disagree on: `.` and `..`, an empty segment, an escaped slash or control character.
 */
export function readTarget(url: string): RequestTarget {
  const at = url.indexOf('?');
  const rawPath = at === -1 ? url : url.slice(0, at);
  const rawQuery = at === -1 ? '' : url.slice(at + 1);
  if (!PATH.test(rawPath) || !QUERY.test(rawQuery)) throw bad();
  const segments = rawPath.split('/').slice(1).map(decoded);
  if (segments.some((segment) => segment === '' || segment === '.' || segment === '..' || NEVER.test(segment)))
    throw bad();
  return { rawPath, rawQuery, first: segments[0] ?? '' };
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw bad();
  }
}

function bad(): HttpError {
  return new HttpError('BadRequest', 'expected a path without empty segments, "." and "..", or escaped slashes');
}
