import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';

/** Before the server has the chunk; once it was sent on; once the server has answered and the client does not know. */
export type Moment = 'before' | 'sent' | 'answered';

/** What happens once, when a client sends a certain chunk. */
export interface Trap {
  /** Its number, 1 being the first of all connections since the trap was set, or what is written in it. */
  readonly at: number | RegExp;
  readonly moment: Moment;
  /** The connection waits for its end. */
  readonly action: () => unknown;
}

/** A way to a server over TCP that can be counted on and broken. Disposing of it cuts its connections. */
export interface PacketProxy extends AsyncDisposable {
  /** The same database, through the proxy. */
  url(url: string): string;
  /** Counts from zero, with this trap or none. */
  set(trap?: Trap): void;
  /** Chunks that clients have sent since `set`. */
  readonly chunks: number;
  /** Bytes that clients have sent since `set`, or since the trap sprang: chunks are larger where there is more to do. */
  readonly bytes: number;
  /** Whether the trap has sprung. */
  readonly sprung: boolean;
  /** Cuts all connections; new ones work. */
  cut(): void;
  /** Cuts all connections, and all that come, until `set`. */
  breakDown(): void;
}

/** A proxy on a port of 127.0.0.1 for the server of `serverUrl`. */
export async function packetProxy(serverUrl: string): Promise<PacketProxy> {
  const { hostname: host, port } = new URL(serverUrl);
  const sockets = new Set<Socket>();
  const pumps = new Set<Promise<unknown>>();
  let trap: Trap | undefined;
  /** The trap whose chunk was sent on, until its connection has the answer. */
  let owed: (Trap & { readonly client: Socket }) | undefined;
  let chunks = 0;
  let bytes = 0;
  let sprung = false;
  let broken = false;

  const spring = async ({ action }: Trap) => {
    trap = undefined;
    owed = undefined;
    sprung = true;
    bytes = 0;
    await action();
  };
  const isAt = ({ at }: Trap, chunk: Buffer) =>
    typeof at === 'number' ? at === chunks : at.test(chunk.toString('latin1'));

  async function* requests(client: Socket): AsyncGenerator<Buffer> {
    for await (const chunk of client as AsyncIterable<Buffer>) {
      chunks += 1;
      bytes += chunk.length;
      // Not everything is answered: by the next chunk of anybody it is too late.
      if (owed) await spring(owed);
      const set = trap && isAt(trap, chunk) ? trap : undefined;
      if (set?.moment === 'before') await spring(set);
      yield chunk;
      if (set?.moment === 'sent') await spring(set);
      if (set?.moment === 'answered') owed = { ...set, client };
    }
  }

  async function* answers(client: Socket, upstream: Socket): AsyncGenerator<Buffer> {
    for await (const chunk of upstream as AsyncIterable<Buffer>) {
      if (owed?.client === client) await spring(owed);
      yield chunk;
    }
    if (owed?.client === client) await spring(owed);
  }

  const server = createServer({ allowHalfOpen: true }, (client) => {
    if (broken) {
      client.destroy();
      return;
    }
    const upstream = connect({ host, port: Number(port), allowHalfOpen: true });
    const pair = [client, upstream];
    for (const socket of pair) sockets.add(socket);
    const pump = Promise.allSettled([
      pipeline(requests(client), upstream),
      pipeline(answers(client, upstream), client),
    ]).then(() => {
      for (const socket of pair) {
        socket.destroy();
        sockets.delete(socket);
      }
      pumps.delete(pump);
    });
    pumps.add(pump);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('expected a TCP address');

  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url(url) {
      const through = new URL(url);
      through.host = `127.0.0.1:${address.port}`;
      return through.href;
    },
    set(next) {
      trap = next;
      owed = undefined;
      chunks = 0;
      bytes = 0;
      sprung = false;
      broken = false;
    },
    get chunks() {
      return chunks;
    },
    get bytes() {
      return bytes;
    },
    get sprung() {
      return sprung;
    },
    cut,
    breakDown() {
      broken = true;
      cut();
    },
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      cut();
      await Promise.all(pumps);
      await closed;
    },
  };
}
