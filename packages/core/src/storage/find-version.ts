import type { BlobStore, CallOptions, VersionInfo } from './blob-store.ts';
import { versionPages } from './delete-versions.ts';

/** What is told of a version from outside: events of S3 have the ETag without its quotes. */
export interface WantedVersion {
  readonly etag?: string | undefined;
  readonly versionId?: string | undefined;
}

/** The version that readers of the key find, and the one that is wanted: the same where nothing is told of it. */
export interface FoundVersions {
  readonly present: VersionInfo | undefined;
  readonly wanted: VersionInfo | undefined;
}

/** Finds a version among those of its key, the newest first: a store without versions has one. */
export async function findVersions(
  store: BlobStore,
  key: string,
  wanted: WantedVersion,
  { signal }: Required<CallOptions>,
): Promise<FoundVersions> {
  let present: VersionInfo | undefined;
  for await (const version of versionsOf(store, key, signal)) {
    if (version.latest && !version.deleteMarker) present = version;
    if (isWanted(version, wanted)) return { present, wanted: version };
  }
  return { present, wanted: undefined };
}

function isWanted({ deleteMarker, latest, etag, versionId }: VersionInfo, wanted: WantedVersion): boolean {
  if (deleteMarker) return false;
  if (wanted.etag === undefined && wanted.versionId === undefined) return latest;
  const isSame = wanted.versionId === undefined || wanted.versionId === versionId;
  return isSame && (wanted.etag === undefined || plain(wanted.etag) === plain(etag));
}

function plain(etag: string): string {
  return etag.replace(/^"(.*)"$/, '$1');
}

async function* versionsOf(store: BlobStore, key: string, signal: AbortSignal | undefined) {
  for await (const page of versionPages(store, key, signal ?? new AbortController().signal)) {
    for (const version of page) {
      // Listed by key, and each before those that have it as their beginning.
      if (version.key !== key) return;
      yield version;
    }
  }
}
