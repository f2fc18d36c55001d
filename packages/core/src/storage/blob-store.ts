/**
 * The storage contract. Every driver keeps it, and `contract.ts` is the suite that proves so.
 *
 * Keys are UTF-8 strings of 1 to 1,024 bytes whose segments are separated by `/`; `checkKey` says which are
 * refused. A driver stores any other key and gives it back unchanged. Listings are in the binary order of the
 * keys' UTF-8 bytes, as in S3 (ListObjectsV2).
 *
 * Errors, by name: `NotFound` (no such object), `Conflict` (a condition did not hold), `Transient`, `NoSpace`,
 * `NotAllowed`, `InvalidInput` (the key), `ConfigError` (the store itself is unusable).
 */
export interface BlobStore {
  /** Where the store is, without credentials: `file:///dir` or `s3://bucket/prefix`. */
  readonly uri: string;

  /** The full URI of `key` in this store. Pure: the object need not exist. */
  uriOf(key: string): string;

  /**
   * Stores the bytes of `body`, of unknown length, under `key`, with memory bounded by a few chunks. It is done with a
   * chunk when it asks for the next.
   * The object becomes visible whole, and only once `body` has ended without an error and its bytes are
   * durable. Should `body` throw, `signal` abort or the process die, readers see what was there before.
   * With `ifAbsent`, an object already there is left alone and `Conflict` is thrown; of several writers at
   * once exactly one succeeds.
   */
  put(key: string, body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>, options?: PutOptions): Promise<BlobVersion>;

  /**
   * Streams the object, or the bytes `range.start` to `range.end` (both inclusive, clamped to the size). Each chunk is
   * the caller's alone.
   * With `etag`, throws `Conflict` unless that very version is the one read; with `versionId`, it is that one rather
   * than the present one. The first step of the iteration throws `NotFound` if there is no object, or no such version;
   * leaving the iteration early releases every resource.
   */
  read(key: string, options?: ReadOptions): AsyncIterable<Uint8Array>;

  /** Throws `NotFound` if there is no object under `key`. */
  head(key: string, options?: CallOptions): Promise<BlobHead>;

  /**
   * One page of the objects whose keys start with `prefix` (a plain string prefix, not a folder), in order,
   * after the key `after`. `next` is the `cursor` of the next page, and is absent on the last one.
   */
  list(prefix: string, options?: ListOptions): Promise<BlobPage>;

  /**
   * Copies bytes, metadata and tags within the store, without passing through this process where the store can. `etag`
   * and `versionId` say of which version, as for `read`.
   */
  copy(from: string, to: string, options?: CopyOptions): Promise<BlobVersion>;

  /**
   * Removes the object. Removing what is not there is done already, not an error. With `etag`, throws `Conflict` unless
   * that very version is the present one. A server that does not know the condition is asked right before: what
   * somebody writes in that moment goes, but for a bucket that keeps versions.
   */
  delete(key: string, options?: DeleteOptions): Promise<void>;

  /** The tags of the present version. Throws `NotFound`. */
  tags(key: string, options?: CallOptions): Promise<Tags>;

  /** Replaces all tags of the present version, which stays the version that it is. Throws `NotFound`. */
  setTags(key: string, tags: Tags, options?: CallOptions): Promise<void>;

  /**
   * Moves the present version to another storage class under its key: bytes, metadata and tags stay, the ETag may become
   * another. A store without classes leaves it as it is. Where versions are kept, it becomes one more version.
   */
  setStorageClass(key: string, storageClass: string, options?: CallOptions): Promise<BlobVersion>;

  /**
   * One page of the versions of the objects whose keys start with `prefix`, delete markers among them: by key, and for
   * each key the newest first. A store that keeps no versions has one of each object.
   */
  versions(prefix: string, options?: VersionsOptions): Promise<VersionPage>;

  /**
   * Removes a version, or a delete marker, for good. One that is gone is done already; one that a lock keeps is
   * `NotAllowed`.
   */
  deleteVersion(key: string, versionId: string, options?: CallOptions): Promise<void>;

  /**
   * Keeps the present version from deletion until it is let go, whoever asks (S3 Object Lock, legal hold). False where
   * the store, or the bucket, has no such lock. Throws `NotFound`.
   */
  setLegalHold?(key: string, held: boolean, options?: CallOptions): Promise<boolean>;

  /** Writes that were begun before `before` and are neither visible nor ended: those of killed processes, for one. */
  unfinished(before: Date, options?: CallOptions): AsyncIterable<UnfinishedWrite>;

  /** Removes what an unfinished write has stored. A writer that is still at it fails, with `Transient`. */
  discardUnfinished(write: UnfinishedWrite, options?: CallOptions): Promise<void>;

  /** What a person should know of the store, in a few words each. Throws `ConfigError` where something must change. */
  inspect?(options?: CallOptions): Promise<readonly string[]>;
}

export interface BlobVersion {
  readonly key: string;
  readonly sizeBytes: number;
  /** Names this version of the object: writing other bytes under the key changes it. Opaque. */
  readonly etag: string;
}

export interface BlobInfo extends BlobVersion {
  /** S3 tells seconds. */
  readonly modifiedAt: Date;
}

export interface BlobHead extends BlobInfo {
  readonly metadata: Metadata;
}

/** Keys are lower-case ASCII letters, digits and `-`; values are printable ASCII; 2 KB in all, as S3 allows, less what a store adds. */
export type Metadata = Readonly<Record<string, string>>;

/** For rules and rights rather than for readers: at most 10; names of 1 to 128 and values of at most 256 letters, digits, spaces and `+ - = . _ : / @`. */
export type Tags = Readonly<Record<string, string>>;

export interface VersionInfo extends BlobInfo {
  /** Names the version among those of its key. Opaque. */
  readonly versionId: string;
  /** Whether it is what readers of the key find. */
  readonly latest: boolean;
  /** Whether it says that the object is deleted, and has no bytes. */
  readonly deleteMarker: boolean;
}

/** What S3 names the version of a bucket that keeps none, and a folder each of its own. */
export const NO_VERSION = 'null';

export interface VersionPage {
  readonly versions: readonly VersionInfo[];
  readonly next?: string;
}

export interface UnfinishedWrite {
  readonly id: string;
  /** The object that it would have become; absent where the store does not tell. */
  readonly key?: string;
  readonly begunAt: Date;
}

export interface BlobPage {
  readonly blobs: readonly BlobInfo[];
  readonly next?: string;
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

export interface PutOptions extends CallOptions {
  readonly ifAbsent?: boolean;
  readonly metadata?: Metadata;
  readonly tags?: Tags;
}

/** Which version of an object is meant. */
export interface VersionOptions extends CallOptions {
  readonly etag?: string | undefined;
  /** As `versions` tells it. */
  readonly versionId?: string | undefined;
}

export interface CopyOptions extends VersionOptions {
  readonly ifAbsent?: boolean;
}

export interface DeleteOptions extends CallOptions {
  readonly etag?: string | undefined;
}

export interface ReadOptions extends VersionOptions {
  readonly range?: { readonly start: number; readonly end: number };
}

export interface ListOptions extends CallOptions {
  readonly after?: string | undefined;
  /** The `next` of the page before this one, of the same prefix and `after`. Opaque. */
  readonly cursor?: string | undefined;
  /** At most this many objects; default and maximum 1,000. */
  readonly limit?: number;
}

export interface VersionsOptions extends CallOptions {
  /** The `next` of the page before this one, of the same prefix. Opaque. */
  readonly cursor?: string | undefined;
  /** At most this many; default and maximum 1,000. */
  readonly limit?: number;
}
