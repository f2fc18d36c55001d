import type { IncomingMessage } from 'node:http';
import { HttpError } from '@datasens/core/http/http-error.ts';

/** RFC 6750, section 2.1. */
const BEARER = /^Bearer +([A-Za-z0-9._~+/-]+=*) *$/i;

/** The token that a request has, in the one place where no log of a proxy or a browser keeps it; undefined where it has none. */
export function bearerToken({ headers }: IncomingMessage): string | undefined {
  return BEARER.exec(headers.authorization ?? '')?.[1];
}

/** RFC 6750, section 3. */
export function unauthorized(): HttpError {
  return new HttpError('Unauthorized', 'expected a token of this host: datasens token create NAME', {
    'www-authenticate': 'Bearer realm="datasens"',
  });
}
