import type { IncomingMessage } from 'node:http';
import { MAX_BODY_BYTES } from '@datasens/core/http/function-url.ts';
import { HttpError } from '@datasens/core/http/http-error.ts';

/**
 * The body of a request, which is never in memory beyond what may be. Throws `ContentTooLarge` as soon as it is known to be, and
 * what the connection fails by.
 */
export async function readRequestBody(request: IncomingMessage): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > MAX_BODY_BYTES) throw tooLarge();
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength;
    if (bytes > MAX_BODY_BYTES) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function tooLarge(): HttpError {
  return new HttpError('ContentTooLarge', `expected ${MAX_BODY_BYTES} bytes at most`);
}
