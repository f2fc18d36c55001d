import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Log } from '@datasens/core/deps.ts';
import { AppError } from '@datasens/core/errors.ts';
import { errorAnswer, HttpError } from '@datasens/core/http/http-error.ts';
import { errorCode } from '../embedded/error-code.ts';
import type { Json } from '../step-functions/json.ts';
import { bearerToken, unauthorized } from './bearer-token.ts';
import { type Rate, rateLimit } from './rate-limit.ts';
import { readRequestBody } from './request-body.ts';
import { readTarget } from './request-target.ts';
import { readAnswer, type SentAnswer, send } from './url-answer.ts';
import { urlEvent } from './url-event.ts';

export interface UrlsOptions {
  /** Where it listens; port 0 is one that is free. */
  readonly address: string;
  readonly port: number;
  /** Calls a function. */
  readonly invoke: (name: string, event: Json, signal: AbortSignal) => Promise<unknown>;
  /** Whose token it is. */
  readonly ownerOf: (token: string) => Promise<string | undefined>;
  /** Somebody says that the bucket has changed. */
  readonly bucketChanged: () => Promise<void>;
  readonly log: Log;
  readonly limits?: Partial<Limits>;
}

export interface Limits {
  /** Of each caller: whoever has a token, and each address that has none. */
  readonly rate: Rate;
  /** For a request to arrive, headers and body. */
  readonly requestMs: number;
  /** How many calls of functions are made at once. */
  readonly atOnce: number;
  readonly nowMs: () => number;
}

const LIMITS: Limits = {
  rate: { burst: 100, perSecond: 20 },
  requestMs: 30_000,
  atOnce: 64,
  nowMs: () => performance.now(),
};
/** A connection on which nothing moves, longer than any function takes. */
const IDLE_MS = 120_000;
/** Each may be sending a body. */
const MAX_CONNECTIONS = 256;

export interface Urls extends AsyncDisposable {
  /** `http://127.0.0.1:8084`. */
  readonly url: string;
}

/** Functions by the first segment of the path; those that whoever has a link may call need no token. */
const FUNCTIONS: ReadonlyMap<string, { readonly name: string; readonly open: boolean }> = new Map([
  ['audit', { name: 'url-audit', open: false }],
  ['control', { name: 'url-control', open: false }],
  ['approval', { name: 'url-approval', open: true }],
]);

export const URL_FUNCTIONS = [...FUNCTIONS.values()].map(({ name }) => name);

/**
 * Answers by HTTP as function URLs do, until it is disposed of: what whoever has a token asks is handed to a function. Throws
 * `ConfigError` for an address or a port that cannot be had.
 */
export async function serveUrls({ address, port, limits: given, ...options }: UrlsOptions): Promise<Urls> {
  const limits = { ...LIMITS, ...given };
  const { requestMs } = limits;
  const closing = new AbortController();
  const answer = answering(options, limits, closing.signal);
  const server = createServer(
    { headersTimeout: requestMs, requestTimeout: requestMs, connectionsCheckingInterval: Math.min(requestMs, 1_000) },
    async (request, response) => {
      try {
        respond(request, response, await answer(request));
      } catch (error) {
        if (!(error instanceof HttpError) && !hasGone(request)) options.log(`a request failed: ${String(error)}`);
        respond(request, response, errorAnswer(error));
      }
    },
  );
  server.maxConnections = MAX_CONNECTIONS;
  server.timeout = IDLE_MS;
  server.listen(port, address);
  try {
    await once(server, 'listening');
  } catch (cause) {
    if (!['EADDRINUSE', 'EACCES', 'EADDRNOTAVAIL', 'ENOTFOUND'].includes(errorCode(cause) ?? '')) throw cause;
    throw new AppError('ConfigError', `${address}:${port} cannot be had: name others by --listen and --urls-port`, {
      cause,
    });
  }
  const { address: host, port: had, family } = server.address() as AddressInfo;
  return {
    url: `http://${family === 'IPv6' ? `[${host}]` : host}:${had}`,
    async [Symbol.asyncDispose]() {
      closing.abort(new Error('the host ends'));
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

function answering(
  { invoke, ownerOf, bucketChanged, log }: Pick<UrlsOptions, 'invoke' | 'ownerOf' | 'bucketChanged' | 'log'>,
  { rate, atOnce, nowMs }: Limits,
  signal: AbortSignal,
): (request: IncomingMessage) => Promise<SentAnswer> {
  const { take } = rateLimit(rate, nowMs);
  let calls = 0;
  const pass = (who: string) => {
    const seconds = take(who);
    if (seconds > 0) throw new HttpError('TooManyRequests', 'too many requests', { 'retry-after': String(seconds) });
  };
  /** Whoever guesses is slowed by their address, and takes nothing from those who know. */
  const callerOf = async (request: IncomingMessage): Promise<string | undefined> => {
    const token = bearerToken(request);
    const owner = token === undefined ? undefined : await ownerOf(token);
    pass(owner === undefined ? `address ${request.socket.remoteAddress}` : `token ${owner}`);
    return owner;
  };
  return async (request) => {
    const target = readTarget(request.url ?? '');
    const caller = await callerOf(request);
    const called = FUNCTIONS.get(target.first);
    if (caller === undefined && !called?.open) throw unauthorized();
    const body = await readRequestBody(request);
    if (!called) return await bucketEvent(request, target.rawPath, bucketChanged);
    const { name } = called;
    const event = urlEvent(request, target, { caller, body, at: new Date() });
    // Whoever is slow to say what they want keeps nobody else from being answered.
    if (calls >= atOnce) throw new HttpError('ServiceUnavailable', 'too many requests at once', { 'retry-after': '1' });
    calls += 1;
    try {
      return readAnswer(await invoke(name, event, signal));
    } catch (error) {
      // What a function fails by is for the log: it may hold whatever.
      log(`${name} failed: ${String(error)}`);
      throw new HttpError('BadGateway', 'the function failed, and the log says why');
    } finally {
      calls -= 1;
    }
  };
}

/** MinIO's webhook, or another's: what it says is not looked at, for the inbox itself tells what is in it. */
async function bucketEvent({ method }: IncomingMessage, path: string, bucketChanged: () => Promise<void>) {
  if (path !== '/events/bucket')
    throw new HttpError('NotFound', 'there is nothing at this path: docs/openapi.json has them');
  if (method !== 'POST') throw new HttpError('MethodNotAllowed', 'expected POST', { allow: 'POST' });
  await bucketChanged();
  return { status: 204, headers: { 'cache-control': 'no-store' }, body: '' };
}

/** A client that has gone is told nothing. What is left of a body is thrown away, in the time that a request has. */
function respond(request: IncomingMessage, response: ServerResponse, answer: SentAnswer): void {
  request.resume();
  if (!response.destroyed && !response.headersSent) send(response, answer);
}

function hasGone({ complete, destroyed }: IncomingMessage): boolean {
  return destroyed && !complete;
}
