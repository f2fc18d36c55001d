import { createHash } from 'node:crypto';
import type { StoredObject } from '../catalog/manifest.ts';
import type { BlobStore } from '../storage/blob-store.ts';

/** Writes the objects of one attempt at a dump. Their keys hold the attempt's id: two attempts never meet. */
export interface ArtefactWriter {
  /** Stores `body` as `<role>.<attempt>.<extension>`, hashed on the way. Throws what `body` and the store throw. */
  write(role: string, extension: string, body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<StoredObject>;
  /** The version of each object written, by its key relative to the prefix. */
  readonly etags: Readonly<Record<string, string>>;
  /** Removes what was written. What cannot be removed is left: without a manifest it is not a dump. */
  discard(): Promise<void>;
}

export function artefactWriter(store: BlobStore, prefix: string, attempt: string, signal: AbortSignal): ArtefactWriter {
  const etags: Record<string, string> = {};
  return {
    etags,
    async write(role, extension, body) {
      const key = `${role}.${attempt}.${extension}`;
      const hash = createHash('sha256');
      const { etag, sizeBytes } = await store.put(`${prefix}${key}`, hashed(body, hash), { signal });
      etags[key] = etag;
      return { key, sizeBytes, sha256: hash.digest('hex') };
    },
    async discard() {
      for (const key of Object.keys(etags)) await store.delete(`${prefix}${key}`).catch(() => undefined);
    },
  };
}

async function* hashed(
  body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  hash: ReturnType<typeof createHash>,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of body) {
    hash.update(chunk);
    yield chunk;
  }
}
