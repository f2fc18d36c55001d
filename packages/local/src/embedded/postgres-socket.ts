import { once } from 'node:events';
import { createConnection } from 'node:net';
import { errorCode } from './error-code.ts';

// SSLRequest (PostgreSQL manual, "Message Formats"): the one question that needs no user, and leaves no log line.
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);

/**
 * Whether a postmaster lives behind this socket. It answers before it takes sessions: whether it does is for its
 * file to say. To be able to connect is not enough: for a moment, one can to a postmaster that was killed.
 */
export async function answers(socketPath: string): Promise<boolean> {
  const socket = createConnection(socketPath);
  try {
    socket.write(SSL_REQUEST);
    // Closed without an answer, it was dying.
    const [answer] = await Promise.race([once(socket, 'data'), once(socket, 'close')]);
    return answer instanceof Uint8Array;
  } catch (error) {
    // Its queue of connections is full for the moment.
    if (errorCode(error) === 'EAGAIN') return true;
    if (['ENOENT', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE'].includes(errorCode(error) ?? '')) return false;
    throw error;
  } finally {
    socket.destroy();
  }
}
