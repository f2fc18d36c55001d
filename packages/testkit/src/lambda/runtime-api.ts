import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One call, as a runtime gets it. */
export interface Invocation {
  readonly requestId: string;
  /** JSON. */
  readonly payload: string;
  readonly functionArn: string;
  /** When its time is over, in ms since 1970. */
  readonly deadlineAt: number;
}

/** What a runtime says of a call, or of why it could not begin: JSON. */
export type Answer =
  | { readonly kind: 'response'; readonly body: string }
  | { readonly kind: 'error'; readonly body: string }
  | { readonly kind: 'too large' };

/** The API by which a runtime gets its calls (Lambda Developer Guide, "Using the Lambda runtime API"), for one runtime. */
export interface RuntimeApi extends AsyncDisposable {
  /** For AWS_LAMBDA_RUNTIME_API. */
  readonly address: string;
  /** Resolves when the runtime asks for a call: it has begun, or is done with the one before. With why not, where it cannot begin. */
  idle(): Promise<Answer | undefined>;
  /** Gives it a call, for which it has asked, and waits for the answer. */
  call(invocation: Invocation): Promise<Answer>;
}

/** Lambda quotas: 6 MB, and what it adds itself. */
const MAX_RESPONSE_BYTES = 6_291_556;
const API = '/2018-06-01/runtime/';

export async function runtimeApi(): Promise<RuntimeApi> {
  let asked = Promise.withResolvers<ServerResponse | Answer>();
  let answered = Promise.withResolvers<Answer>();
  const server = createServer((request, response) => {
    serve(request, response).catch(() => response.destroy());
  });

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const route = request.url?.startsWith(API) ? request.url.slice(API.length) : '';
    if (route === 'invocation/next') return asked.resolve(response);
    const [, kind] = /^invocation\/[^/]+\/(response|error)$/.exec(route) ?? [];
    if (route !== 'init/error' && kind === undefined) return void response.writeHead(404).end();
    const body = await read(request);
    if (body === undefined) {
      answered.resolve({ kind: 'too large' });
      return void response.writeHead(413).end('{"errorType": "RequestEntityTooLarge"}');
    }
    if (kind === undefined) asked.resolve({ kind: 'error', body });
    else answered.resolve({ kind: kind === 'response' ? 'response' : 'error', body });
    response.writeHead(202, { 'content-type': 'application/json' }).end('{"status": "OK"}');
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    address: `127.0.0.1:${port}`,
    async idle() {
      const first = await asked.promise;
      return 'kind' in first ? first : undefined;
    },
    async call({ requestId, payload, functionArn, deadlineAt }) {
      const waiting = await asked.promise;
      if ('kind' in waiting) return waiting;
      asked = Promise.withResolvers();
      answered = Promise.withResolvers();
      waiting.writeHead(200, {
        'content-type': 'application/json',
        'lambda-runtime-aws-request-id': requestId,
        'lambda-runtime-deadline-ms': String(deadlineAt),
        'lambda-runtime-invoked-function-arn': functionArn,
      });
      waiting.end(payload);
      return await answered.promise;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** The body; undefined where it is more than Lambda takes. */
async function read(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length;
    if (sizeBytes <= MAX_RESPONSE_BYTES) chunks.push(chunk);
  }
  return sizeBytes > MAX_RESPONSE_BYTES ? undefined : Buffer.concat(chunks).toString();
}
