import { type Agent, type AgentOptions, IncomingMessage } from 'node:http';
import type { OnReadOpts, Socket } from 'node:net';
import { reusable } from '../free-chunk.ts';

const HEAD_READ_BYTES = 65_536;
const BODY_READ_BYTES = 524_288;
const MOST_SPARE = 8;
/** A body that is waiting to be taken is not read further from here on. */
const MOST_WAITING_BYTES = 4 * BODY_READ_BYTES;
/** A body that is read directly costs its connection, which smaller ones leave for the next request. */
const SMALLEST_DIRECT_BYTES = 2 * 1_048_576;

/** Takes what arrives on a connection instead of the parser of HTTP. False: read no more until the socket is resumed. */
type Taker = (chunk: Buffer) => boolean;
interface Tap {
  taker?: Taker;
}
const taps = new WeakMap<Socket, Tap>();

/** Prepares the agent's connections for `directBody`. */
export function withDirectBodies<A extends Agent>(agent: A): A {
  const connect = agent.createConnection;
  agent.createConnection = (options, done) => {
    const tap: Tap = {};
    const socket = connect.call(agent, { ...options, onread: readsInto(tap) } as AgentOptions, done) as Socket;
    taps.set(socket, tap);
    return socket;
  };
  return agent;
}

/**
 * Full reads are handed on as they are, and their memory comes back where `freeChunk` is told; what came in less moves into
 * memory of its own.
 */
function readsInto(tap: Tap): OnReadOpts {
  const spare: ArrayBuffer[] = [];
  const reuse = (memory: ArrayBuffer) => {
    if (memory.byteLength === BODY_READ_BYTES && spare.length < MOST_SPARE) spare.push(memory);
  };
  return {
    buffer() {
      if (!tap.taker) return Buffer.allocUnsafeSlow(HEAD_READ_BYTES);
      const memory = spare.pop();
      return memory ? Buffer.from(memory) : Buffer.allocUnsafeSlow(BODY_READ_BYTES);
    },
    callback(this: Socket, bytesRead: number, memory: Uint8Array) {
      const buffer = memory as Buffer<ArrayBuffer>;
      const read = buffer.subarray(0, bytesRead);
      if (!tap.taker) return this.push(read);
      if (bytesRead === buffer.length) return tap.taker(reusable(buffer, reuse));
      reuse(buffer.buffer);
      return tap.taker(Buffer.from(read));
    },
  };
}

/**
 * The body of an answer, of `length` bytes, taken off the connection before Node's parser of HTTP, which would copy each
 * byte once more: it sees no more of the connection than the head of the answer. Throws where the connection ends early.
 */
export async function* directBody(body: AsyncIterable<Uint8Array>, length: number): AsyncGenerator<Uint8Array> {
  const tap = body instanceof IncomingMessage && !body.destroyed ? taps.get(body.socket) : undefined;
  if (!tap || length < SMALLEST_DIRECT_BYTES) return yield* body;
  const answer = body as IncomingMessage;
  const { socket } = answer;
  const waiting: Buffer[] = [];
  let waitingBytes = 0;
  let end: Error | undefined;
  let arrived = Promise.withResolvers<void>();
  const take: Taker = (chunk) => {
    waiting.push(chunk);
    waitingBytes += chunk.length;
    arrived.resolve();
    return waitingBytes < MOST_WAITING_BYTES;
  };
  answer.once('error', (error) => {
    end = error;
  });
  answer.once('close', () => {
    end ??= new Error('the connection was closed');
    arrived.resolve();
  });
  tap.taker = take;
  // The parser has seen these.
  while (socket.readableLength > 0) socket.read();
  const begun: Buffer | null = answer.read();
  if (begun) take(begun);
  try {
    for (let missing = length; missing > 0; ) {
      if (waitingBytes < MOST_WAITING_BYTES) socket.resume();
      const chunk = waiting.shift();
      if (chunk) {
        waitingBytes -= chunk.length;
        missing -= chunk.length;
        yield chunk;
      } else if (end) {
        throw end;
      } else {
        arrived = Promise.withResolvers();
        await arrived.promise;
      }
    }
  } finally {
    socket.destroy();
  }
}
