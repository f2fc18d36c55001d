import type { ServerResponse } from 'node:http';
import { jsonAnswer } from '@datasens/core/http/answer.ts';
import { UrlResult } from '@datasens/core/http/function-url.ts';
import { HttpError } from '@datasens/core/http/http-error.ts';

/** What is sent to a client. */
export interface SentAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

/** RFC 9110, section 5.6.2; lower case, for two of one name would be two headers. */
const HEADER_NAME = /^[a-z0-9!#$%&'*+.^_`|~-]+$/;
/** Section 5.5: no line break, whatever a value was made of. */
const HEADER_VALUE = /^[\t\x20-\x7e]*$/;
/** The connection is the server's. */
const OWN = new Set(['connection', 'content-length', 'keep-alive', 'transfer-encoding', 'upgrade', 'trailer']);

/**
 * What a function has answered, format 2.0: an object with a status, or whatever else as JSON (Lambda Developer Guide, "Response
 * payload format"). Throws `BadGateway` for a status or a header that cannot be sent.
 */
export function readAnswer(result: unknown): SentAnswer {
  if (typeof result !== 'object' || result === null || !('statusCode' in result))
    return jsonAnswer(200, result ?? null);
  const { success, data } = UrlResult.safeParse(result);
  if (!success) throw new HttpError('BadGateway', 'the function has answered nothing that can be sent');
  const { statusCode, headers, body, isBase64Encoded } = data;
  const sent: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    const lower = name.toLowerCase();
    if (!HEADER_NAME.test(lower) || !HEADER_VALUE.test(value)) {
      throw new HttpError('BadGateway', 'the function has answered a header that cannot be sent');
    }
    if (!OWN.has(lower)) sent[lower] = value;
  }
  return { status: statusCode, headers: sent, body: isBase64Encoded ? Buffer.from(body, 'base64') : body };
}

/** Sends it whole; of an answer to HEAD, as to a status that has none, Node leaves the body out. */
export function send(response: ServerResponse, { status, headers, body }: SentAnswer): void {
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) });
  response.end(body);
}
