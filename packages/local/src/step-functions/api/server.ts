import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Log } from '@datasens/core/deps.ts';
import { AppError } from '@datasens/core/errors.ts';
import { errorCode } from '../../embedded/error-code.ts';
import { ApiError } from '../api-error.ts';
import type { JsonObject } from '../json.ts';
import type { Service } from './operation.ts';
import { OPERATIONS } from './operations.ts';

export interface ApiServer extends AsyncDisposable {
  /** What clients take as their endpoint. */
  readonly url: string;
}

export interface ApiServerOptions extends Service {
  /** 0 for one that is free. */
  readonly port: number;
  readonly log: Log;
}

const TARGET = 'AWSStepFunctions.';
const CONTENT_TYPE = 'application/x-amz-json-1.0';
/** A definition of the longest, with what JSON and the rest of the request add to it. */
const MAX_BODY_BYTES = 4 * 1_048_576;

/**
 * Answers the API of Step Functions (AWS JSON protocol 1.0) on the loopback interface. Signatures are not looked at:
 * whoever may connect may do all of it. Throws `ConfigError` for a port that is taken.
 */
export async function serveApi({ port, log, ...service }: ApiServerOptions): Promise<ApiServer> {
  const server = createServer((request, response) => {
    answer(service, request)
      .catch((error: unknown) => refusal(error, log))
      .then(({ status, body }) => send(response, status, body))
      .catch((error: unknown) => response.destroy(error as Error));
  });
  server.listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch (cause) {
    if (!['EADDRINUSE', 'EACCES'].includes(errorCode(cause) ?? '')) throw cause;
    throw new AppError('ConfigError', `port ${port} cannot be had: name another one by --port`, { cause });
  }
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
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
