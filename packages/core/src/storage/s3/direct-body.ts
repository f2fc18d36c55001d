import { type Agent, type AgentOptions, IncomingMessage } from 'node:http';
import type { OnReadOpts, Socket } from 'node:net';
import { reusable } from '../free-chunk.ts';

const HEAD_READ_BYTES = 65_536;
/** With twice that, reads out of a fast server took 1.04 to 1.05 times as long. */
const BLOCK_BYTES = 524_288;
/**
 * A body of which so many blocks wait to be taken is not read further. With an eighth of that a server finds its
 * connection full again and again, and waits: reads into a pipe then take a tenth longer or more.
 */
const MOST_WAITING = 32;
const MOST_SPARE = 48;
/** A body that is read directly costs its connection, which smaller ones leave for the next request. */
const SMALLEST_DIRECT_BYTES = 2 * 1_048_576;

/** Takes what arrives on a connection instead of the parser of HTTP. */
interface Taker {
  /** Where the next bytes go. */
  room(): Buffer;
  /** Takes what came, into its room as a rule. False: read no more until the socket is resumed. */
  take(read: Buffer): boolean;
}
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

function readsInto(tap: Tap): OnReadOpts {
  return {
    buffer: () => tap.taker?.room() ?? Buffer.allocUnsafeSlow(HEAD_READ_BYTES),
    callback(this: Socket, bytesRead: number, memory: Uint8Array) {
      const read = (memory as Buffer).subarray(0, bytesRead);
      return tap.taker ? tap.taker.take(read) : this.push(read);
    },
  };
}

/**
 * The body of an answer, of `length` bytes, taken off the connection before Node's parser of HTTP, which would copy each
 * byte once more: it sees no more of the connection than the head of the answer. It comes in the blocks that the connection
 * was read into. Throws where the connection ends early, after what came of it.
 */
export async function* directBody(body: AsyncIterable<Uint8Array>, length: number): AsyncGenerator<Uint8Array> {
  const tap = body instanceof IncomingMessage && !body.destroyed ? taps.get(body.socket) : undefined;
  if (!tap || length < SMALLEST_DIRECT_BYTES) return yield* body;
  const answer = body as IncomingMessage;
  const { socket } = answer;
  const waiting: Buffer[] = [];
  let end: Error | undefined;
  let arrived = Promise.withResolvers<void>();
  const blocks = fillBlocks(length, (block) => {
    waiting.push(block);
    arrived.resolve();
  });
  const take = (read: Buffer) => blocks.add(read) && waiting.length < MOST_WAITING;
  answer.once('error', (error) => {
    end = error;
  });
  answer.once('close', () => {
    end ??= new Error('the connection was closed');
    arrived.resolve();
  });
  tap.taker = { room: blocks.room, take };
  // The parser has seen these.
  while (socket.readableLength > 0) socket.read();
  const begun: Buffer | null = answer.read();
  if (begun) take(begun);
  try {
    for (let missing = length; missing > 0; ) {
      if (waiting.length < MOST_WAITING) socket.resume();
      const block = waiting.shift() ?? (end && blocks.rest());
      if (block) {
        missing -= block.length;
        yield block;
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

/** Blocks that one read after another fills, of `length` bytes in all. The memory of full ones comes back by `freeChunk`. */
function fillBlocks(length: number, handOver: (block: Buffer) => void) {
  const spare: ArrayBuffer[] = [];
  const reuse = (memory: ArrayBuffer) => {
    if (spare.length < MOST_SPARE) spare.push(memory);
  };
  const newBlock = (): Buffer<ArrayBuffer> => {
    const memory = spare.pop();
    return memory ? Buffer.from(memory) : Buffer.allocUnsafeSlow(BLOCK_BYTES);
  };
  let block = newBlock();
  let filled = 0;
  let missing = length;
  const next = () => {
    const done = filled === BLOCK_BYTES ? reusable(block, reuse) : block.subarray(0, filled);
    block = newBlock();
    filled = 0;
    return done;
  };
  const fill = (bytes: number) => {
    filled += bytes;
    missing -= bytes;
    if (filled === BLOCK_BYTES || missing === 0) handOver(next());
  };
  return {
    room: () => block.subarray(filled),
    /** Whether there is more to come. */
    add(read: Buffer): boolean {
      if (read.buffer === block.buffer) fill(read.length);
      else for (let rest = read; rest.length > 0; ) rest = rest.subarray(copyOf(rest));
      return missing > 0;
    },
    /** What there is of the block that nothing fills any more. */
    rest: () => (filled > 0 ? next() : undefined),
  };

  function copyOf(read: Buffer): number {
    const bytes = read.copy(block, filled);
    fill(bytes);
    return bytes;
  }
}
