import { once } from 'node:events';
import { Agent, createServer, get, type IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { inTime, until } from '@datasens/testkit/eventually.ts';
import { expect, test } from 'vitest';
import { freeChunk } from '../free-chunk.ts';
import { directBody, withDirectBodies } from './direct-body.ts';

const MIB = 1_048_576;
const BODY = Buffer.alloc(16 * MIB);
for (let i = 0; i < BODY.length; i += 4) BODY.writeUInt32BE(i, i);

/** A server of HTTP, and an agent whose connections to it are prepared. */
async function serving(answer: RequestListener) {
  const server = createServer(answer);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const agent = withDirectBodies(new Agent({ keepAlive: true }));
  return {
    request: async () => {
      const [response] = await once(get({ host: '127.0.0.1', port, agent }), 'response');
      return response as IncomingMessage;
    },
    async [Symbol.asyncDispose]() {
      agent.destroy();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

test('a body that comes in small pieces, and is taken more slowly, is whole', async () => {
  await using server = await serving(async (_, response) => {
    response.setHeader('content-length', BODY.length);
    for (let at = 0, size = 1; at < BODY.length; at += size, size = (size * 7) % 99_991) {
      if (!response.write(BODY.subarray(at, at + size))) await once(response, 'drain');
      else await turn();
    }
    response.end();
  });
  const chunks: Uint8Array[] = [];
  for await (const chunk of directBody(await server.request(), BODY.length)) {
    chunks.push(chunk);
    await turn();
    await turn();
  }
  expect(Buffer.concat(chunks).equals(BODY)).toBe(true);
});

test('memory that is given back is read into again, and what it was given back from is gone', async () => {
  await using server = await serving((_, response) => {
    response.setHeader('content-length', BODY.length);
    response.end(BODY);
  });
  const copies: Buffer[] = [];
  for await (const chunk of directBody(await server.request(), BODY.length)) {
    copies.push(Buffer.from(chunk));
    freeChunk(chunk);
    if (chunk.length > 0) expect(chunk.buffer.byteLength).toBeGreaterThan(chunk.length);
  }
  expect(Buffer.concat(copies).equals(BODY)).toBe(true);
});

test('of a body that breaks off all comes that was sent', async () => {
  const sent = 5 * MIB + 100;
  await using server = await serving((_, response) => {
    response.setHeader('content-length', BODY.length);
    response.write(BODY.subarray(0, sent), () => response.destroy());
  });
  const chunks: Uint8Array[] = [];
  const take = async () => {
    for await (const chunk of directBody(await server.request(), BODY.length)) chunks.push(chunk);
  };
  await expect(take()).rejects.toThrow(/aborted|closed/);
  expect(Buffer.concat(chunks).equals(BODY.subarray(0, sent))).toBe(true);
});

test('what is not taken is not read', async () => {
  const length = 3 * BODY.length;
  await using server = await serving((_, response) => {
    response.setHeader('content-length', length);
    for (let at = 0; at < length; at += BODY.length) response.write(BODY);
    response.end();
  });
  const response = await server.request();
  const body = directBody(response, length);
  await body.next();
  const { socket } = response;
  await until(() => socket.bytesRead > 16 * MIB);
  for (let turns = 0; turns < 100; turns += 1) await turn();
  expect(socket.bytesRead).toBeLessThan(19 * MIB);
  await body.return(undefined);
});

test('a body that is left ends its connection', async () => {
  const closed = Promise.withResolvers<void>();
  await using server = await serving((_, response) => {
    response.once('close', closed.resolve);
    response.setHeader('content-length', BODY.length);
    response.end(BODY);
  });
  for await (const chunk of directBody(await server.request(), BODY.length)) if (chunk.length > 0) break;
  await inTime(closed.promise);
});

test('small bodies come over one connection', async () => {
  const ports = new Set<number | undefined>();
  await using server = await serving((request, response) => {
    ports.add(request.socket.remotePort);
    response.setHeader('content-length', MIB);
    response.end(BODY.subarray(0, MIB));
  });
  for (const _ of ['one', 'two']) {
    let bytes = 0;
    for await (const chunk of directBody(await server.request(), MIB)) bytes += chunk.length;
    expect(bytes).toBe(MIB);
    await turn();
  }
  expect(ports.size).toBe(1);
});
