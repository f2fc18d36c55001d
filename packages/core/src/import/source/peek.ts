export interface Peeked {
  /** The first bytes: as many as were asked for, or all there are. */
  readonly head: Buffer;
  /** All bytes, the head among them. To be iterated once. */
  readonly all: AsyncIterable<Uint8Array>;
}

/** Looks at the first `count` bytes of a stream without losing them. */
export async function peek(chunks: AsyncIterable<Uint8Array>, count: number): Promise<Peeked> {
  const iterator = chunks[Symbol.asyncIterator]();
  const taken: Uint8Array[] = [];
  let length = 0;
  let ended = false;
  while (length < count) {
    const step = await iterator.next();
    if (step.done) {
      ended = true;
      break;
    }
    taken.push(step.value);
    length += step.value.length;
  }
  const head = Buffer.concat(taken);
  return { head: head.subarray(0, count), all: resume(head, iterator, ended) };
}

async function* resume(head: Buffer, iterator: AsyncIterator<Uint8Array>, ended: boolean): AsyncGenerator<Uint8Array> {
  try {
    if (head.length > 0) yield head;
    if (!ended) yield* { [Symbol.asyncIterator]: () => iterator };
  } finally {
    // Left before the rest was asked for: the source has not heard of it yet.
    await iterator.return?.();
  }
}
