import type { Deps } from '../deps.ts';
import { AppError } from '../errors.ts';
import { findVersions } from '../storage/find-version.ts';
import type { InboxVersion } from './object-import.ts';
import { openBlobSource } from './source/blob-source.ts';
import type { Source } from './source/source.ts';

/** One version of a file in the inbox, by all that tells it from others of its key. */
export type PinnedObject = Required<InboxVersion>;

export interface OpenedObject {
  readonly object: PinnedObject;
  readonly source: Source;
}

/**
 * Opens the version that was asked for; nothing where no object has its key any more. Throws `Conflict` where another
 * one has: that is somebody else's file, with an event of its own.
 */
export async function openObject(
  { store, signal }: Pick<Deps, 'store' | 'signal'>,
  { key, etag, versionId }: InboxVersion,
): Promise<OpenedObject | undefined> {
  const { present, wanted } = await findVersions(store, key, { etag, versionId }, { signal });
  if (present === undefined) return undefined;
  if (wanted !== present) {
    throw new AppError(
      'Conflict',
      `${store.uriOf(key)} is another file than the one that was to be imported: somebody has put it there since. Nothing of either was imported; the new one has an import of its own`,
      { key },
    );
  }
  const source = await openBlobSource(store, key, signal, present.etag);
  return { source, object: { key, etag: present.etag, versionId: present.versionId } };
}
