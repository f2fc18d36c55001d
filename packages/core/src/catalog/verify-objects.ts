import { AppError, isAppError } from '../errors.ts';
import type { BlobStore } from '../storage/blob-store.ts';
import type { Manifest, StoredObject } from './manifest.ts';
import { hashObject } from './read-object.ts';

export interface VerifyOptions {
  /** The version of an object to insist on, by its key relative to the prefix. */
  readonly etags?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  readonly onBytes?: (bytes: number) => void;
}

/** The objects of a dump, its data first. */
export function objectsOf(manifest: Manifest): StoredObject[] {
  const { data, proof, schema, globals } = manifest.objects;
  return [data, proof, schema, globals].filter((object) => object !== undefined);
}

/** The versions of the dump's objects as they are now, by their keys relative to the prefix, for `etags`. */
export async function pinVersions(
  store: BlobStore,
  prefix: string,
  manifest: Manifest,
  signal: AbortSignal,
): Promise<Record<string, string>> {
  const etags: Record<string, string> = {};
  for (const { key } of objectsOf(manifest)) {
    // One that is missing is found by whoever reads it.
    const head = await unlessMissing(store.head(`${prefix}${key}`, { signal }));
    if (head) etags[key] = head.etag;
  }
  return etags;
}

async function unlessMissing<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (isAppError(error, 'NotFound')) return undefined;
    throw error;
  }
}

/**
 * Reads every object of the dump back and compares it with the manifest. Returns the bytes read. Throws `CorruptDump`
 * naming the first object that is missing, cut short or altered, with what was expected and what was found.
 */
export async function verifyObjects(
  store: BlobStore,
  prefix: string,
  manifest: Manifest,
  options: VerifyOptions,
): Promise<number> {
  const { etags = {}, signal, onBytes } = options;
  let total = 0;
  for (const expected of objectsOf(manifest)) {
    const key = `${prefix}${expected.key}`;
    const etag = etags[expected.key];
    const found = await hashObject(store, key, {
      signal,
      ...(etag === undefined ? {} : { etag }),
      ...(onBytes ? { onBytes } : {}),
    }).catch((error: unknown) => {
      if (!isAppError(error, 'NotFound')) throw error;
      throw new AppError('CorruptDump', `${key} is missing from the storage`, { cause: error, key });
    });
    if (found.sizeBytes !== expected.sizeBytes || found.sha256 !== expected.sha256) {
      const what = found.sizeBytes === expected.sizeBytes ? 'altered' : 'of another size';
      throw new AppError(
        'CorruptDump',
        `${key} is ${what}: expected ${expected.sizeBytes} bytes with SHA-256 ${expected.sha256}, ` +
          `found ${found.sizeBytes} with ${found.sha256}. Do not restore it; use an older dump`,
        { key, expected: { sizeBytes: expected.sizeBytes, sha256: expected.sha256 }, found },
      );
    }
    total += found.sizeBytes;
  }
  return total;
}
