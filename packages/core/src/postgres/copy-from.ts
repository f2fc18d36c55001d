import { once } from 'node:events';
import type { Writable } from 'node:stream';
import type pg from 'pg';

export interface CopyOptions {
  /** Called when nobody reads the bytes of a chunk any more. */
  readonly onSent?: ((chunk: Uint8Array) => void) | undefined;
}

/** What of pg's connection a COPY needs (PostgreSQL manual, "COPY Operations" of the protocol). */
interface CopyConnection {
  readonly stream: Writable;
  query(text: string): void;
  sendCopyFail(message: string): void;
  endCopyFrom(): void;
}

/**
 * Sends `chunks` to a `COPY … FROM STDIN`, as fast as the server takes them, and returns the number of rows that it
 * counted. Throws the error of the server, or else that of `chunks`; either way the COPY has come to its end, and the
 * connection can go on where it was not lost.
 */
export async function copyFrom(
  client: pg.Client,
  sql: string,
  chunks: AsyncIterable<Uint8Array>,
  { onSent }: CopyOptions = {},
): Promise<number> {
  const { promise: answered, resolve, reject } = Promise.withResolvers<number>();
  let sending: Promise<void> | undefined;
  let sourceError: { readonly error: unknown } | undefined;
  let isOver = false;
  let rows = 0;
  const over = (settle: () => void) => {
    isOver = true;
    settle();
  };

  const query = {
    submit: (connection: CopyConnection) => connection.query(sql),
    handleCopyInResponse(connection: CopyConnection) {
      sending = send(connection).then(
        () => (isOver ? undefined : connection.endCopyFrom()),
        (error: unknown) => {
          sourceError = { error };
          if (!isOver) connection.sendCopyFail('the source failed');
        },
      );
    },
    handleCommandComplete({ text }: { readonly text: string }) {
      rows = Number(/^COPY (\d+)$/.exec(text)?.[1]);
    },
    handleReadyForQuery: () => over(() => resolve(rows)),
    handleError: (error: unknown) => over(() => reject(error)),
  };

  async function send({ stream }: CopyConnection): Promise<void> {
    for await (const chunk of chunks) {
      // The server has failed: it passes over what still comes, and so need not be given it.
      if (isOver) return;
      if (chunk.length === 0) continue;
      const header = Buffer.alloc(5);
      header.write('d');
      header.writeUInt32BE(chunk.length + 4, 1);
      stream.cork();
      stream.write(header);
      const hasRoom = stream.write(chunk, () => onSent?.(chunk));
      stream.uncork();
      if (!hasRoom && !stream.destroyed) await roomIn(stream);
    }
  }

  client.query(query as unknown as pg.Submittable);
  try {
    return await answered;
  } catch (error) {
    await sending;
    // Our own failure is why the server says that the COPY was ended.
    throw sourceError === undefined ? error : sourceError.error;
  }
}

async function roomIn(stream: Writable): Promise<void> {
  const done = new AbortController();
  const { signal } = done;
  try {
    await Promise.race([once(stream, 'drain', { signal }), once(stream, 'close', { signal })]);
  } finally {
    done.abort();
  }
}
