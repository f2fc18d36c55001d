import type { Deps } from '../deps.ts';
import { AppError, isAppError } from '../errors.ts';
import { type BlobStore, NO_VERSION, type Tags, type VersionInfo } from '../storage/blob-store.ts';
import { findVersions, type WantedVersion } from '../storage/find-version.ts';
import { isStored } from '../storage/is-stored.ts';
import { hashObject } from './read-object.ts';

export interface Move {
  readonly key: string;
  /** The version that is moved. One that nobody told is not: it might be a newer one. */
  readonly version: WantedVersion;
  /** Nobody else writes there. */
  readonly to: string;
  /** Of its bytes; where nobody knows, both are read and compared. */
  readonly sha256?: string | undefined;
  /** Beside those that it has, in their place where there are more than fit. */
  readonly tags: Tags;
}

/**
 * - `moved` it stands there, and its old key has it no more, whatever it may have instead (`because`)
 * - `gone`  neither was there
 * - `left`  it stays
 */
export interface Moved {
  readonly outcome: 'moved' | 'gone' | 'left';
  /** Where it stands now, or would. */
  readonly uri: string;
  readonly because?: string;
}

/**
 * Moves one version of an object, and no other that somebody puts in its place meanwhile. A crash leaves it in one place
 * or in both; the same move again ends what was begun:
 *
 * 1. the copy, of that very version, 2. read back, 3. its tags: so far the old key has it, and whoever looks finds it.
 * 4. The old one goes once the new one is proven.
 *
 * Throws `Transient` for a copy of other bytes, which is removed, and what the store throws.
 */
export async function moveVersion({ store, signal }: Pick<Deps, 'store' | 'signal'>, move: Move): Promise<Moved> {
  const { key, version, to, tags } = move;
  const uri = store.uriOf(to);
  const { present, wanted } = await findVersions(store, key, version, { signal });
  const isTold = version.etag !== undefined || version.versionId !== undefined;
  if (!isTold && present) return { outcome: 'left', uri, because: 'nobody told which version of it is meant' };
  if (!wanted || !isTold || !(await copyOnce(store, wanted, to, signal))) {
    return { outcome: (await isStored(store, to, signal)) ? 'moved' : 'gone', uri };
  }
  await expectCopy(store, wanted, move, signal);
  await store.setTags(to, withTags(await store.tags(to, { signal }), tags), { signal });
  return { outcome: 'moved', uri, ...(await removeMoved(store, wanted, signal)) };
}

/** Whether the copy is there. False where the version is gone: another call has moved it, or somebody took it away. */
async function copyOnce(
  store: BlobStore,
  { key, etag, versionId }: VersionInfo,
  to: string,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    await store.copy(key, to, { etag, versionId, ifAbsent: true, signal });
    return true;
  } catch (error) {
    // It is of a call before this one, or what was to be copied was replaced.
    if (isAppError(error, 'Conflict')) return await isStored(store, to, signal);
    if (isAppError(error, 'NotFound')) return false;
    throw error;
  }
}

async function expectCopy(
  store: BlobStore,
  version: VersionInfo,
  { key, to, sha256 }: Move,
  signal: AbortSignal,
): Promise<void> {
  const expected = sha256 ?? (await hashVersion(store, version, signal));
  const copied = await hashObject(store, to, { signal });
  if (expected === undefined || copied.sha256 === expected) return;
  await store.delete(to, { signal });
  throw new AppError('Transient', `${store.uriOf(to)} was stored with other bytes than ${store.uriOf(key)} has`, {
    key,
  });
}

/** Nothing where it is gone meanwhile: another call has seen that the copy is good, or nobody can any more. */
async function hashVersion(
  store: BlobStore,
  { key, etag, versionId }: VersionInfo,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    return (await hashObject(store, key, { etag, versionId, signal })).sha256;
  } catch (error) {
    if (isAppError(error, 'NotFound') || isAppError(error, 'Conflict')) return undefined;
    throw error;
  }
}

async function removeMoved(
  store: BlobStore,
  { key, etag, versionId }: VersionInfo,
  signal: AbortSignal,
): Promise<Pick<Moved, 'because'>> {
  try {
    if (versionId === NO_VERSION) await store.delete(key, { etag, signal });
    else await store.deleteVersion(key, versionId, { signal });
    return {};
  } catch (error) {
    if (!isAppError(error, 'Conflict')) throw error;
    return { because: 'another file has its old key by now, and stays there' };
  }
}

/** S3 user guide, "Categorizing your objects using tags": an object has at most so many. */
const MOST_TAGS = 10;

function withTags(own: Tags, tags: Tags): Tags {
  const others = Object.entries(own).filter(([name]) => !(name in tags));
  return { ...Object.fromEntries(others.slice(0, MOST_TAGS - Object.keys(tags).length)), ...tags };
}
