import { AppError } from '../errors.ts';
import { type ByteStream, byteStream } from './byte-stream.ts';
import { opens } from './encryption.ts';
import type { Identities } from './identities.ts';

/** What is known of a ciphertext before it is read. */
export interface Ciphertext {
  /** What messages call it. */
  readonly name: string;
  /** As it was written; tells one that is cut short from one that is damaged. */
  readonly sizeBytes?: number;
  /** Whom it was encrypted to; tells a header that is damaged from one for others. */
  readonly recipients?: readonly string[];
}

/** A header takes about 100 bytes for each recipient, 1.7 KB where the key is a hybrid one. */
const HEADER_LIMIT_BYTES = 4 * 1_048_576;

/**
 * The plain bytes of `stored`, chunk by chunk, each authenticated before it is handed out; that there are all of them is
 * known only at the end. Throws `NotAllowed` where none of the identities opens it, `CorruptDump` where it is damaged
 * (`details.reason` is `damaged`) or cut short (`truncated`), and what `stored` throws, unchanged.
 */
export async function* decrypt(
  stored: AsyncIterable<Uint8Array>,
  identities: Identities,
  ciphertext: Ciphertext,
): AsyncGenerator<Uint8Array> {
  const decrypter = identities.decrypter();
  // Asked last, and so only where none of the others opens it.
  let isForOthers = false;
  decrypter.addIdentity({
    unwrapFileKey() {
      isForOthers = true;
      return null;
    },
  });
  let isOpen = false;
  await using source = byteStream(stored, (bytes) => {
    // What is no age file may have no line end at all, and a header is held as a whole.
    if (!isOpen && bytes > HEADER_LIMIT_BYTES) throw damaged(ciphertext, 'it has no end of its header');
  });
  try {
    const plain = await decrypter.decrypt(source.stream);
    isOpen = true;
    yield* plain;
  } catch (error) {
    if (source.failure) throw source.failure.error;
    if (isForOthers && !opens(identities, ciphertext.recipients ?? [])) throw otherKey(ciphertext, identities);
    throw brokenness(ciphertext, source, isOpen, error);
  }
}

function otherKey({ name }: Ciphertext, { recipients }: Identities): AppError {
  return new AppError(
    'NotAllowed',
    `${name} is encrypted to other keys than ${recipients.join(', ')}: set DATASENS_IDENTITY to the identity of one of its recipients`,
    { reason: 'wrong key', identities: recipients },
  );
}

function brokenness(ciphertext: Ciphertext, { bytes, ended }: ByteStream, isOpen: boolean, cause: unknown): AppError {
  const { name, sizeBytes } = ciphertext;
  if (ended && (sizeBytes === undefined || bytes < sizeBytes)) {
    const expected = sizeBytes === undefined ? 'or damaged in its last 64 KiB' : `of ${sizeBytes}`;
    return new AppError('CorruptDump', `${name} is cut short: it ends after ${bytes} bytes, ${expected}`, {
      cause,
      reason: 'truncated',
      bytes,
      ...(sizeBytes === undefined ? {} : { sizeBytes }),
    });
  }
  return damaged(
    ciphertext,
    isOpen ? `what stands before byte ${bytes} is not what was encrypted` : 'its header is no header of age',
    cause,
  );
}

function damaged({ name }: Ciphertext, how: string, cause?: unknown): AppError {
  return new AppError('CorruptDump', `${name} is damaged: ${how}`, { cause, reason: 'damaged' });
}
