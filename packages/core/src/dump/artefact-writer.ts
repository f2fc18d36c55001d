import { createHash } from 'node:crypto';
import type { StoredObject } from '../catalog/manifest.ts';
import { encrypt } from '../crypto/encrypt.ts';
import type { BlobStore } from '../storage/blob-store.ts';
import { freeChunk } from '../storage/free-chunk.ts';

/** Writes the objects of one attempt at a dump. Their keys hold the attempt's id: two attempts never meet. */
export interface ArtefactWriter {
  /**
   * Stores `body` as `<role>.<attempt>.<extension>`, hashed on the way; encrypted, where there are recipients, and then
   * with `.age` at its end. Throws what `body` and the store throw.
   */
  write(role: string, extension: string, body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<StoredObject>;
  /** Whom the objects are encrypted to; undefined where they are stored as they are. */
  readonly recipients: readonly string[] | undefined;
  /** The version of each object written, by its key relative to the prefix. */
  readonly etags: Readonly<Record<string, string>>;
  /** Removes what was written. What cannot be removed is left: without a manifest it is not a dump. */
  discard(): Promise<void>;
}

export interface ArtefactPlace extends Pick<ArtefactWriter, 'recipients'> {
  readonly store: BlobStore;
  readonly prefix: string;
  readonly attempt: string;
  readonly signal: AbortSignal;
}

type Body = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

export function artefactWriter({ store, prefix, attempt, recipients, signal }: ArtefactPlace): ArtefactWriter {
  const etags: Record<string, string> = {};
  const put = async (key: string, body: Body) => {
    const stored = meter();
    const { etag } = await store.put(`${prefix}${key}`, stored.pass(body), { signal });
    etags[key] = etag;
    return { key, ...stored.result() };
  };
  return {
    recipients,
    etags,
    async write(role, extension, body) {
      const key = `${role}.${attempt}.${extension}`;
      if (recipients === undefined) return put(key, body);
      const plain = meter();
      const object = await put(`${key}.age`, freed(encrypt(plain.pass(body), recipients)));
      return { ...object, plain: plain.result() };
    },
    async discard() {
      for (const key of Object.keys(etags)) await store.delete(`${prefix}${key}`).catch(() => undefined);
    },
  };
}

/** Measures the bytes that pass. */
function meter() {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  return {
    async *pass(body: Body): AsyncGenerator<Uint8Array> {
      for await (const chunk of body) {
        hash.update(chunk);
        sizeBytes += chunk.length;
        yield chunk;
      }
    },
    result: () => ({ sizeBytes, sha256: hash.digest('hex') }),
  };
}

async function* freed(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of body) {
    yield chunk;
    freeChunk(chunk);
  }
}
