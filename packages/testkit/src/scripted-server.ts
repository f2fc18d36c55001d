import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

/**
 * - `hang`  no answer ever comes
 * - `drop`  the connection breaks instead of an answer
 * - `cut`   it breaks in the middle of the body of a 200
 * - `repeat` a 404 that repeats what was asked for, as frameworks do
 * - `{ endless }` an answer of that status whose body does not end
 */
export type ScriptedAnswer =
  | number
  | 'hang'
  | 'drop'
  | 'cut'
  | 'repeat'
  | { readonly endless: number }
  | {
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>> | undefined;
      readonly body?: string | undefined;
    };

export interface ScriptedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface ScriptedServer extends AsyncDisposable {
  /** `http://127.0.0.1:port`. */
  readonly origin: string;
  /** What came, in order. */
  readonly requests: readonly ScriptedRequest[];
  /** How many connections are open. */
  connections(): Promise<number>;
}

export interface ScriptedServerOptions {
  /** A folder with `public.crt` and `private.key`: the server then speaks TLS. */
  readonly certificate?: string;
}

/** A server on loopback that gives these answers in their order, and the last one from then on. */
export async function scriptedServer(
  answers: readonly ScriptedAnswer[],
  { certificate }: ScriptedServerOptions = {},
): Promise<ScriptedServer> {
  const requests: ScriptedRequest[] = [];
  const listener: RequestListener = async (incoming, outgoing) => {
    const { method = '', url = '', headers } = incoming;
    const body = await text(incoming);
    const answer = answers[Math.min(requests.length, answers.length - 1)] ?? 'drop';
    requests.push({ method, url, headers, body });
    give(answer, url, outgoing);
  };
  const server = certificate ? createTlsServer(await tlsOf(certificate), listener) : createServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `${certificate ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    connections: () =>
      new Promise((resolve, reject) => {
        server.getConnections((error, count) => (error ? reject(error) : resolve(count)));
      }),
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

async function tlsOf(certificate: string) {
  const [key, cert] = await Promise.all([
    readFile(join(certificate, 'private.key')),
    readFile(join(certificate, 'public.crt')),
  ]);
  return { key, cert };
}

function give(answer: ScriptedAnswer, url: string, outgoing: ServerResponse): void {
  if (answer === 'hang') return;
  if (answer === 'drop') return void outgoing.destroy();
  if (answer === 'cut')
    return void outgoing.writeHead(200, { 'content-length': '9' }).write('ok', () => outgoing.destroy());
  if (answer === 'repeat') return void outgoing.writeHead(404).end(`Cannot POST ${url}`);
  if (typeof answer === 'number') return void outgoing.writeHead(answer).end();
  if ('endless' in answer) return void pour(outgoing.writeHead(answer.endless));
  const { status, headers = {}, body = '' } = answer;
  outgoing.writeHead(status, { ...headers }).end(body);
}

function pour(outgoing: ServerResponse): void {
  const more = () => {
    while (!outgoing.destroyed && outgoing.write(Buffer.alloc(65_536, 'a')));
  };
  outgoing.on('drain', more);
  more();
}
