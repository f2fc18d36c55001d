import type { Agent, AgentOptions } from 'node:http';
import type { OnReadOpts, Socket } from 'node:net';

const READ_BYTES = 1_048_576;

/**
 * Has the agent's connections read up to 1 MiB at a time, into memory that is used again. Node's own way is 64 KiB, each
 * into memory of its own, which for a large answer takes more than twice the time.
 */
export function withLargeReads<A extends Agent>(agent: A): A {
  const connect = agent.createConnection;
  agent.createConnection = (options, done) =>
    connect.call(agent, { ...options, onread: largeReads() } as AgentOptions, done);
  return agent;
}

/** For one connection: a buffer is free again when the parser of the answer, which copies, has taken all that was read. */
function largeReads(): OnReadOpts {
  const free: Buffer[] = [];
  const held: Buffer[] = [];
  return {
    buffer: () => free.pop() ?? Buffer.allocUnsafeSlow(READ_BYTES),
    callback(this: Socket, bytesRead: number, buffer: Uint8Array) {
      if (this.readableLength === 0) free.push(...held.splice(0));
      held.push(buffer as Buffer);
      const goOn = this.push(buffer.subarray(0, bytesRead));
      if (this.readableLength === 0) free.push(...held.splice(0));
      return goOn;
    },
  };
}
