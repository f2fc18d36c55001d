import { type Body, byteStream } from './byte-stream.ts';

/**
 * The bytes of `body`, encrypted to all of `recipients`, each of whom can open them alone (age-encryption.org/v1). Memory
 * is bounded by a few chunks, and the body is asked no faster than its ciphertext is taken. It is done with a chunk when
 * it asks for the next; each of its own is the caller's alone. Throws what the body throws, unchanged.
 */
export async function* encrypt(body: Body, recipients: readonly string[]): AsyncGenerator<Uint8Array> {
  const { Encrypter } = await import('age-encryption');
  const encrypter = new Encrypter();
  for (const recipient of recipients) encrypter.addRecipient(recipient);
  // Its pipe waits for a chunk to be sealed before it asks for the next (Streams Standard, 4.9.1, "backpressure").
  await using plain = byteStream(body);
  yield* await encrypter.encrypt(plain.stream);
}
