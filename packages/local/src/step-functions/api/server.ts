import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Log } from '@datasens/core/deps.ts';
import { ApiError } from '../api-error.ts';
import type { JsonObject } from '../json.ts';
import type { ApiListener } from './listen.ts';
import type { Service } from './operation.ts';
import { OPERATIONS } from './operations.ts';

export interface ApiServerOptions extends Service {
  readonly listener: ApiListener;
  readonly log: Log;
}

const TARGET = 'AWSStepFunctions.';
const CONTENT_TYPE = 'application/x-amz-json-1.0';
/** A definition of the longest, with what JSON and the rest of the request add to it. */
const MAX_BODY_BYTES = 4 * 1_048_576;

/**
 * Answers the API of Step Functions (AWS JSON protocol 1.0), until it is disposed of, and the port with it. Signatures
 * are not looked at: whoever may connect may do all of it.
 */
export function serveApi({ listener, log, ...service }: ApiServerOptions): AsyncDisposable {
  listener.answerBy((request, response) => {
    answer(service, request)
      .catch((error: unknown) => refusal(error, log))
      .then(({ status, body }) => send(response, status, body))
      .catch((error: unknown) => response.destroy(error as Error));
  });
  return { [Symbol.asyncDispose]: () => listener[Symbol.asyncDispose]() };
}

interface Answer {
  readonly status: number;
  readonly body: JsonObject;
}

async function answer(service: Service, request: IncomingMessage): Promise<Answer> {
  const target = String(request.headers['x-amz-target'] ?? '');
  // A web page that has its own name point here sends that name; and it cannot set the header of the target.
  if (!/^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/.test(request.headers.host ?? '')) {
    throw new ApiError('ValidationException', 'expected a request to localhost');
  }
  const run = target.startsWith(TARGET) ? OPERATIONS.get(target.slice(TARGET.length)) : undefined;
  if (!run) throw new ApiError('UnknownOperationException', `expected an action that is served, got "${target}"`);
  return { status: 200, body: run(service, parseBody(await readBody(request))) };
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) throw new ApiError('ValidationException', `more than ${MAX_BODY_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function parseBody(text: string): unknown {
  try {
    return JSON.parse(text || '{}');
  } catch {
    throw new ApiError('ValidationException', 'the body is not JSON');
  }
}

/** What the SDK makes an exception of: the type has its name. */
function refusal(error: unknown, log: Log): Answer {
  if (error instanceof ApiError) return { status: 400, body: { __type: error.name, message: error.message } };
  const message = error instanceof Error ? error.message : String(error);
  log(`a request failed: ${message}`);
  return { status: 500, body: { __type: 'InternalServerError', message } };
}

function send(response: ServerResponse, status: number, body: JsonObject): void {
  response.writeHead(status, { 'content-type': CONTENT_TYPE, 'x-amzn-requestid': randomUUID() });
  response.end(JSON.stringify(body));
}
