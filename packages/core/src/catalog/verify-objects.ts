import { AppError, isAppError } from '../errors.ts';
import type { BlobStore } from '../storage/blob-store.ts';
import { freeChunk } from '../storage/free-chunk.ts';
import { expectSame } from './expect-same.ts';
import type { Manifest, StoredObject } from './manifest.ts';
import type { OpenedDump } from './open-dump.ts';
import { hashObject } from './read-object.ts';
import { type PlainDeps, readPlain } from './read-plain.ts';

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
 * Reads every object of an encrypted dump back, and compares both what is stored and what it decrypts to with the
 * manifest. Throws as `verifyObjects` and `readPlain`.
 */
export async function verifyPlain(
  deps: PlainDeps,
  opened: OpenedDump,
  onBytes: (bytes: number) => void,
): Promise<void> {
  for (const object of objectsOf(opened.manifest)) {
    try {
      for await (const chunk of readPlain(deps, opened, object, { onBytes })) freeChunk(chunk);
    } catch (error) {
      throw missingOr(error, `${opened.prefix}${object.key}`);
    }
  }
}

function missingOr(error: unknown, key: string): unknown {
  if (!isAppError(error, 'NotFound')) return error;
  return new AppError('CorruptDump', `${key} is missing from the storage`, { cause: error, key });
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
      throw missingOr(error, key);
    });
    expectSame(key, expected, found);
    total += found.sizeBytes;
  }
  return total;
}
