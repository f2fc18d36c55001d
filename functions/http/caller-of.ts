import { createHash } from 'node:crypto';
import type { UrlEvent } from '@datasens/core/http/function-url.ts';
import { HttpError } from '@datasens/core/http/http-error.ts';

/** `utilisateur` takes so many characters. */
const LONGEST = 100;
const DIGEST = 16;
/** Longer than the names of sessions, 64, which say whose they are (IAM API reference, AssumeRole). */
const END = 70;

/**
 * Who calls, as the audit names them: the ARN of the principal that AWS has found the request to be signed by, or the name
 * of a host's token. A longer one is a digest of the whole, so that no two are one, and its end, which has the person. Throws `Unauthorized` where nobody
 * is known, whatever the function's URL lets in.
 */
export function callerOf({ requestContext }: UrlEvent): string {
  const name = requestContext.authorizer?.iam.userArn;
  if (name === undefined) throw new HttpError('Unauthorized', 'nobody knows who calls');
  const characters = [...name];
  if (characters.length <= LONGEST) return name;
  const digest = createHash('sha256').update(name).digest('hex').slice(0, DIGEST);
  return `arn:~${digest}~${characters.slice(-END).join('')}`;
}
