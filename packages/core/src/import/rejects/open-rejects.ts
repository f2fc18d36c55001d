import { readSmallObject } from '../../catalog/read-object.ts';
import { decrypt } from '../../crypto/decrypt.ts';
import { expectIdentities } from '../../crypto/encryption.ts';
import type { Deps } from '../../deps.ts';
import type { RejectObjects } from './reject-objects.ts';

export interface OpenedRejects {
  /** How they are to be read. */
  readonly reading: Buffer;
  /** The rejects, from the bytes that are stored. */
  readonly open: (stored: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>;
}

/** Begins to read stored rejects, which messages call `what`. Throws what `expectIdentities` and `decrypt` throw. */
export async function openRejects(
  { store, signal, encryption }: Pick<Deps, 'store' | 'signal' | 'encryption'>,
  { rejects, reading, encrypted }: RejectObjects,
  what: string,
): Promise<OpenedRejects> {
  const stored = await readSmallObject(store, reading, { signal });
  if (!encrypted) return { reading: stored, open: (bytes) => bytes };
  const identities = await expectIdentities(encryption, what);
  async function* once() {
    yield stored;
  }
  const plain = await Array.fromAsync(decrypt(once(), identities, { name: store.uriOf(reading) }));
  return {
    reading: Buffer.concat(plain),
    open: (bytes) => decrypt(bytes, identities, { name: store.uriOf(rejects) }),
  };
}
