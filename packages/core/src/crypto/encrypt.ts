import { Encrypter } from 'age-encryption';
import { byteStream } from './byte-stream.ts';

/**
 * The bytes of `body`, encrypted to all of `recipients`, each of whom can open them alone (age-encryption.org/v1). Memory
 * is bounded by a few chunks, and the body is asked no faster than its ciphertext is taken. It is done with a chunk when
 * it asks for the next; each of its own is the caller's alone. Throws what the body throws, unchanged.
 */
export async function* encrypt(
  body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  recipients: readonly string[],
): AsyncGenerator<Uint8Array> {
  const encrypter = new Encrypter();
  for (const recipient of recipients) encrypter.addRecipient(recipient);
  await using plain = byteStream(copies(body));
  yield* await encrypter.encrypt(plain.stream);
}

/** A stream may hold a chunk when it asks for the next, and by then its memory is somebody else's. */
async function* copies(body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of body) yield new Uint8Array(chunk);
}
