import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import type { JsonObject } from '@datasens/local/step-functions/json.ts';
import { type Limits, serveUrls } from '@datasens/local/urls/serve-urls.ts';

/** Function URLs of a test, with a function that answers whatever the test says. */
export async function urlsWorld(limits: Partial<Limits> = {}) {
  const calls: { readonly name: string; readonly event: JsonObject }[] = [];
  const said: string[] = [];
  const world = { looks: 0, answer: (): unknown => ({ statusCode: 200, body: 'done' }) };
  const urls = await serveUrls({
    address: '127.0.0.1',
    port: 0,
    invoke: async (name, event) => {
      calls.push({ name, event: event as JsonObject });
      return await world.answer();
    },
    ownerOf: async (token) => (token === 'right' ? 'claire' : undefined),
    bucketChanged: async () => {
      world.looks += 1;
    },
    log: (message) => said.push(message),
    limits,
  });
  const { port } = new URL(urls.url);
  return Object.assign(world, {
    calls,
    said,
    url: urls.url,
    /** Asks as claire, unless the headers say otherwise. */
    ask: (path: string, { headers, ...init }: RequestInit = {}) =>
      fetch(urls.url + path, { ...init, headers: { authorization: 'Bearer right', ...headers } }),
    /** Sends bytes as they are; what came back until the server closed the connection. */
    async raw(...lines: readonly string[]): Promise<string> {
      const socket = connect(Number(port), '127.0.0.1');
      socket.write(lines.join('\r\n'));
      return await text(socket);
    },
    [Symbol.asyncDispose]: () => urls[Symbol.asyncDispose](),
  });
}
