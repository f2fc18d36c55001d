import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AppError } from '@datasens/core/errors.ts';
import { errorCode } from '../../embedded/error-code.ts';

export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** A port that is had, for whatever is started to be told of it before the first request is answered. */
export interface ApiListener extends AsyncDisposable {
  /** What clients take as their endpoint. */
  readonly url: string;
  /** Answers from now on; requests that came before have waited for it. */
  answerBy(answer: Answer): void;
}

/** Takes a port of the loopback interface, 0 for one that is free. Throws `ConfigError` for a port that is taken. */
export async function listen(port: number): Promise<ApiListener> {
  const answering = Promise.withResolvers<Answer>();
  const server = createServer(async (request, response) => (await answering.promise)(request, response));
  server.listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch (cause) {
    if (!['EADDRINUSE', 'EACCES'].includes(errorCode(cause) ?? '')) throw cause;
    throw new AppError('ConfigError', `port ${port} cannot be had: name another one by --port`, { cause });
  }
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answerBy: answering.resolve,
    async [Symbol.asyncDispose]() {
      if (!server.listening) return;
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
