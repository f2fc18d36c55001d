import { createHash } from 'node:crypto';
import { decrypt } from '../crypto/decrypt.ts';
import { expectIdentities } from '../crypto/encryption.ts';
import type { Identities } from '../crypto/identities.ts';
import type { Deps } from '../deps.ts';
import { expectSame } from './expect-same.ts';
import type { Manifest, StoredObject } from './manifest.ts';
import type { OpenedDump } from './open-dump.ts';

export type PlainDeps = Pick<Deps, 'store' | 'signal' | 'encryption'>;

export interface PlainOptions {
  /** The version to insist on. */
  readonly etag?: string;
  /** Called with the size of each chunk of stored bytes. */
  readonly onBytes?: (bytes: number) => void;
}

/**
 * One of a dump's objects as pg_dump made it, chunk by chunk, decrypted on the way where it is encrypted. Throws
 * `CorruptDump` where the stored bytes, or the plain ones, are not those of the manifest: at their end at the latest.
 * Throws `NotFound`, `Conflict` (another version), and of an encrypted dump what `identitiesFor` and `decrypt` throw.
 */
export async function* readPlain(
  deps: PlainDeps,
  { prefix, manifest }: Pick<OpenedDump, 'prefix' | 'manifest'>,
  object: StoredObject,
  options: PlainOptions = {},
): AsyncGenerator<Uint8Array> {
  const identities = await identitiesFor(deps, manifest);
  const key = `${prefix}${object.key}`;
  const { etag, onBytes } = options;
  const read = deps.store.read(key, { signal: deps.signal, ...(etag === undefined ? {} : { etag }) });
  const stored = checked(read, object, { key, onBytes });
  if (!identities || !object.plain) {
    yield* stored;
    return;
  }
  const ciphertext = { name: key, sizeBytes: object.sizeBytes, recipients: manifest.encryption?.recipients ?? [] };
  yield* checked(decrypt(stored, identities, ciphertext), object.plain, { key: `${key}, decrypted,` });
}

/** What opens an encrypted dump; undefined for one that is not. Throws what `expectIdentities` throws. */
export async function identitiesFor(
  { encryption }: Pick<Deps, 'encryption'>,
  manifest: Manifest,
): Promise<Identities | undefined> {
  if (!manifest.encryption) return undefined;
  return expectIdentities(encryption, `dump ${manifest.dumpId}`, manifest.encryption.recipients);
}

async function* checked(
  chunks: AsyncIterable<Uint8Array>,
  expected: Pick<StoredObject, 'sizeBytes' | 'sha256'>,
  { key, onBytes }: { readonly key: string; readonly onBytes?: PlainOptions['onBytes'] },
): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  for await (const chunk of chunks) {
    hash.update(chunk);
    sizeBytes += chunk.length;
    onBytes?.(chunk.length);
    yield chunk;
  }
  expectSame(key, expected, { sizeBytes, sha256: hash.digest('hex') });
}
