import { AppError, isAppError } from '../errors.ts';
import type { BlobStore, VersionInfo } from './blob-store.ts';

export interface DeletedVersions {
  readonly versions: number;
  readonly sizeBytes: number;
  /** The first object that a lock keeps, or that we may not delete, with the store's reason. */
  readonly locked?: { readonly key: string; readonly because: string };
}

const MOST_PASSES = 10;

/**
 * Removes every version, and every delete marker, that `prefix` and `includes` name, and looks again until nothing of
 * them is left but what is locked. Throws what the store throws.
 */
export async function deleteVersions(
  store: BlobStore,
  prefix: string,
  includes: (version: VersionInfo) => boolean,
  signal: AbortSignal,
): Promise<DeletedVersions> {
  let versions = 0;
  let sizeBytes = 0;
  for (let pass = 1; ; pass += 1) {
    let found = 0;
    let locked: DeletedVersions['locked'];
    for await (const page of versionPages(store, prefix, signal)) {
      // The oldest first: without the newest, or without its delete marker, an older one would be what readers find.
      for (const version of page.filter(includes).reverse()) {
        const because = await refusalOf(store, version, signal);
        if (because !== undefined) {
          locked ??= { key: version.key, because };
          continue;
        }
        found += 1;
        sizeBytes += version.sizeBytes;
      }
    }
    versions += found;
    // A listing that is read while its objects go may have left some out.
    if (found > 0 && pass === MOST_PASSES) {
      throw new AppError(
        'Transient',
        `${store.uriOf(prefix.replace(/\/$/, ''))} still has versions after ${pass} deletions: try again later`,
      );
    }
    if (found === 0) return { versions, sizeBytes, ...(locked ? { locked } : {}) };
  }
}

/** The versions below `prefix`, a page at a time. */
export async function* versionPages(
  store: BlobStore,
  prefix: string,
  signal: AbortSignal,
): AsyncGenerator<readonly VersionInfo[]> {
  for (let cursor: string | undefined; ; ) {
    const { versions, next } = await store.versions(prefix, { cursor, signal });
    yield versions;
    if (next === undefined) return;
    cursor = next;
  }
}

/** Removes the version; or says why the store does not let us. */
async function refusalOf(
  store: BlobStore,
  { key, versionId }: VersionInfo,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    await store.deleteVersion(key, versionId, { signal });
    return undefined;
  } catch (error) {
    if (isAppError(error, 'NotAllowed')) return error.message;
    throw error;
  }
}
