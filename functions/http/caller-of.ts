import { createHash } from 'node:crypto';
import type { UrlEvent } from '@datasens/core/http/function-url.ts';
import { HttpError } from '@datasens/core/http/http-error.ts';

/** `utilisateur` takes so many characters. */
const LONGEST = 100;
const DIGEST = 16;

/**
 * Who calls, as the audit names them: the ARN of the principal that AWS has found the request to be signed by, or the name
 * of a host's token. A longer one ends in a digest of the whole, so that no two are one. Throws `Unauthorized` where nobody
 * is known, whatever the function's URL lets in.
 */
export function callerOf({ requestContext }: UrlEvent): string {
  const name = requestContext.authorizer?.iam.userArn;
  if (name === undefined) throw new HttpError('Unauthorized', 'nobody knows who calls');
  const characters = [...name];
  if (characters.length <= LONGEST) return name;
  const digest = createHash('sha256').update(name).digest('hex').slice(0, DIGEST);
  return `${characters.slice(0, LONGEST - DIGEST - 1).join('')}~${digest}`;
}
