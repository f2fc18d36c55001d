import { once } from 'node:events';
import { Agent } from 'node:http';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { expect, test, vi } from 'vitest';
import { withLargeReads } from './large-reads.ts';

test('what arrives while nobody takes it stays what it was', async () => {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const agent = withLargeReads(new Agent());
  const [[sender], reader] = await Promise.all([
    once(server, 'connection') as Promise<Socket[]>,
    agent.createConnection({ host: '127.0.0.1', port }) as Socket,
  ]);
  try {
    let expected = '';
    for (const word of ['one ', 'two ', 'three ']) {
      sender?.write(word);
      expected += word;
      await vi.waitUntil(() => reader.readableLength === expected.length);
    }
    expect(reader.read().toString()).toBe(expected);
    sender?.write('four');
    await once(reader, 'readable');
    expect(reader.read().toString()).toBe('four');
  } finally {
    reader.destroy();
    sender?.destroy();
    server.close();
  }
});
