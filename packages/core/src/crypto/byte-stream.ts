export type Body = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/** A body as a web stream, which asks for a chunk when its reader wants one, and not before. */
export interface ByteStream extends AsyncDisposable {
  readonly stream: ReadableStream<Uint8Array>;
  /** How many bytes were taken of the body so far. */
  readonly bytes: number;
  /** Whether the body came to its end. */
  readonly ended: boolean;
  /** What the body threw, if it did. */
  readonly failure: { readonly error: unknown } | undefined;
}

/** Disposing of it tells the body to release what it holds, if it has not ended. */
export function byteStream(body: Body, onBytes: (taken: number) => void = () => undefined): ByteStream {
  const chunks = Symbol.asyncIterator in body ? body[Symbol.asyncIterator]() : body[Symbol.iterator]();
  let bytes = 0;
  let ended = false;
  let failure: ByteStream['failure'];
  const stream = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const step = await chunks.next();
          if (step.done) {
            ended = true;
            controller.close();
            return;
          }
          bytes += step.value.length;
          onBytes(bytes);
          controller.enqueue(step.value);
        } catch (error) {
          failure = { error };
          throw error;
        }
      },
    },
    { highWaterMark: 0 },
  );
  return {
    stream,
    get bytes() {
      return bytes;
    },
    get ended() {
      return ended;
    },
    get failure() {
      return failure;
    },
    async [Symbol.asyncDispose]() {
      if (!ended) await chunks.return?.();
    },
  };
}
