import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** Requests by what they do (S3 API reference). */
export type S3Operation =
  | 'PutObject'
  | 'GetObject'
  | 'HeadObject'
  | 'DeleteObject'
  | 'ListObjects'
  | 'ListVersions'
  | 'CreateUpload'
  | 'UploadPart'
  | 'UploadPartCopy'
  | 'CopyObject'
  | 'CompleteUpload'
  | 'AbortUpload'
  | 'other';

/**
 * - `drop`         the connection breaks before the server has the request
 * - `lose answer`  the server carries it out, and the connection breaks before the answer
 * - `cut answer`   the connection breaks in the middle of the answer's body
 * - `stall`        the server carries it out, and no answer ever comes
 * - `twice`        the server gets it twice, and the second answer is passed on
 * - `no condition` a condition that did not hold is no reason: what a server answers that knows none
 * - `wrong date`  the answer is of a day ago
 * - `first answer` the answer is that to the first request of its kind
 * - a number       an error of this status is answered, and the server never knows
 * - `{ status, code }` the same, with the code of S3's that the body names
 * - `{ meanwhile }`    this happens before the server has the request
 */
export type WireFault =
  | 'drop'
  | 'lose answer'
  | 'cut answer'
  | 'stall'
  | 'twice'
  | 'no condition'
  | 'wrong date'
  | 'first answer'
  | number
  | { readonly status: number; readonly code: string }
  | { readonly meanwhile: () => Promise<unknown> }
  | Interruption;

/**
 * What is done while a request is under way, before its connection breaks: `before` the server has it, `during` its
 * work, or when it has `answered`.
 */
export interface Interruption {
  readonly moment: 'before' | 'during' | 'answered';
  readonly action: () => Promise<unknown>;
}

export interface S3Proxy extends AsyncDisposable {
  readonly endpoint: string;
  /** What came through it, in order. */
  readonly operations: readonly S3Operation[];
  /** Breaks the connections that clients have open. */
  disconnect(): void;
}

const CODES: Readonly<Record<number, string>> = {
  403: 'AccessDenied',
  500: 'InternalError',
  503: 'SlowDown',
};

/** A proxy on loopback before a real server. `faultOf` is asked for each request, with how many of its kind came before. */
export async function s3Proxy(
  endpoint: string,
  faultOf: (operation: S3Operation, before: number) => WireFault | undefined,
): Promise<S3Proxy> {
  const operations: S3Operation[] = [];
  const firstAnswers = new Map<S3Operation, Answer>();
  const server = createServer((incoming, outgoing) => {
    const operation = operationOf(incoming);
    const before = operations.filter((other) => other === operation).length;
    operations.push(operation);
    const fault = faultOf(operation, before);
    const ask = async (body: Buffer) => {
      const answer = await answerOf(endpoint, incoming, body);
      if (before === 0) firstAnswers.set(operation, answer);
      return (fault === 'first answer' && firstAnswers.get(operation)) || answer;
    };
    pass(ask, incoming, outgoing, fault).catch(() => outgoing.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    operations,
    disconnect: () => server.closeAllConnections(),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function pass(
  ask: (body: Buffer) => Promise<Answer>,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  fault: WireFault | undefined,
): Promise<void> {
  const body = await buffer(incoming);
  if (fault === 'drop') return void outgoing.destroy();
  if (typeof fault === 'object' && 'meanwhile' in fault) await fault.meanwhile();
  const refusal = typeof fault === 'number' ? { status: fault, code: CODES[fault] ?? 'InternalError' } : fault;
  if (typeof refusal === 'object' && 'status' in refusal) {
    outgoing.writeHead(refusal.status, { 'content-type': 'application/xml' });
    outgoing.end(
      incoming.method === 'HEAD' ? '' : `<Error><Code>${refusal.code}</Code><Message>from the proxy</Message></Error>`,
    );
    return;
  }
  if (typeof fault === 'object' && 'moment' in fault) {
    const answering = fault.moment === 'before' ? undefined : ask(body);
    answering?.catch(() => undefined);
    if (fault.moment === 'answered') await answering;
    await fault.action();
    return void outgoing.destroy();
  }
  if (fault === 'twice') await ask(body);
  const answer = await ask(body);
  if (fault === 'stall') return;
  if (fault === 'lose answer') return void outgoing.destroy();
  if (fault === 'no condition' && answer.status === 412) return void outgoing.writeHead(200, { etag: '"any"' }).end();
  const day = new Date(Date.now() - 86_400_000).toUTCString();
  outgoing.writeHead(answer.status, { ...answer.headers, ...(fault === 'wrong date' ? { date: day } : {}) });
  if (fault !== 'cut answer') return void outgoing.end(answer.body);
  outgoing.write(answer.body.subarray(0, answer.body.length / 2), () => outgoing.destroy());
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

async function answerOf(
  endpoint: string,
  { method, url = '', headers }: IncomingMessage,
  body: Buffer,
): Promise<Answer> {
  // The host that the client named stays, for the signature is of it.
  const outgoing = request(`${endpoint}${url}`, { method, headers });
  outgoing.end(body);
  const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
  return { status: answer.statusCode ?? 500, headers: answer.headers, body: await buffer(answer) };
}

function operationOf({ method, url = '', headers }: IncomingMessage): S3Operation {
  const { pathname, searchParams } = new URL(url, 'http://x');
  const isObject = /^\/[^/]+\/./.test(pathname);
  if (searchParams.has('uploads')) return method === 'POST' ? 'CreateUpload' : 'other';
  const isCopy = headers['x-amz-copy-source'] !== undefined;
  if (searchParams.has('partNumber')) return isCopy ? 'UploadPartCopy' : 'UploadPart';
  if (searchParams.has('uploadId')) return method === 'DELETE' ? 'AbortUpload' : 'CompleteUpload';
  if (searchParams.has('list-type')) return 'ListObjects';
  if (searchParams.has('versions')) return 'ListVersions';
  if (!isObject) return 'other';
  if (isCopy) return 'CopyObject';
  const named = { PUT: 'PutObject', GET: 'GetObject', HEAD: 'HeadObject', DELETE: 'DeleteObject' } as const;
  return named[method as keyof typeof named] ?? 'other';
}
