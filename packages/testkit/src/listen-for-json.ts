import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import type { JsonObject } from '@datasens/local/step-functions/json.ts';

/** A webhook of the loopback interface, and what it was told. */
export async function listenForJson() {
  const told: JsonObject[] = [];
  const server = createServer((request, response) => {
    // Who was told by somebody that was killed in the middle of it was told nothing.
    json(request).then(
      (message) => {
        told.push(message as JsonObject);
        response.end('ok');
      },
      () => response.destroy(),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    told,
    url: `http://127.0.0.1:${port}/hook`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
