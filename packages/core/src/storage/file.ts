import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { AppError } from '../errors.ts';
import { type BlobStore, NO_VERSION } from './blob-store.ts';
import { checkKey, checkText } from './check-key.ts';
import { checkMetadata } from './check-metadata.ts';
import { checkRange } from './check-range.ts';
import { checkTags } from './check-tags.ts';
import { copyToTemp } from './copy-object.ts';
import { deleteObject, deleteVersionOf } from './delete-object.ts';
import { explainDiskError } from './disk-errors.ts';
import { drainBody } from './drain-body.ts';
import { findObject, notFound, openObject } from './find-object.ts';
import { headObject } from './head-object.ts';
import { findLayout, type Layout, makeLayout } from './layout.ts';
import { MAX_PAGE, takePage } from './list-page.ts';
import { tagObject } from './object-tags.ts';
import { conflict } from './place-object.ts';
import { publish } from './publish.ts';
import { readBytes } from './read-bytes.ts';
import { makeOwnFolder } from './real-folder.ts';
import { nameOf } from './segment-name.ts';
import { listTemp, removeTemp, sweepTemp } from './sweep-temp.ts';
import { openTemp } from './temp-file.ts';
import { expectVersion, infoOf } from './version.ts';
import { walkObjects } from './walk-objects.ts';
import { writeBytes } from './write-bytes.ts';

/**
 * The store in the folder `root` of this machine, or of a shared disk: see docs/storage.md for what it needs from the
 * file system and what it leaves there. The folder is created by the first write.
 */
export function fileStore(root: string): BlobStore {
  const path = resolve(root);
  const uri = pathToFileURL(path).href;
  let known: Layout | undefined;

  const explained = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      throw explainDiskError(error, uri);
    }
  };
  const layoutToRead = async (key: string): Promise<Layout> => {
    known ??= await findLayout(path);
    if (known === undefined) throw notFound(key);
    return known;
  };
  const layoutToWrite = async (): Promise<Layout> => {
    known ??= await makeLayout(path);
    await makeOwnFolder(known.temp);
    await sweepTemp(known);
    return known;
  };
  const requireAbsent = async (layout: Layout, key: string): Promise<void> => {
    if ((await findObject(layout, key)) !== undefined) throw conflict(key);
  };

  const store: BlobStore = {
    uri,

    uriOf(key) {
      checkKey(key);
      return `${uri}/${key.split('/').map(nameOf).map(encodeURIComponent).join('/')}`;
    },

    async put(key, body, { ifAbsent = false, metadata = {}, tags = {}, signal } = {}) {
      checkKey(key);
      checkMetadata(metadata);
      checkTags(tags);
      signal?.throwIfAborted();
      const layout = await explained(layoutToWrite());
      // Before the bytes are taken: the answer after them would be the same.
      if (ifAbsent) await explained(requireAbsent(layout, key));
      await using temp = await explained(openTemp(layout));
      await drainBody(body, (bytes) => explained(writeBytes(temp.handle, bytes)), signal);
      return await explained(publish(layout, temp, key, { metadata, tags, ifAbsent }));
    },

    async *read(key, { range = { start: 0, end: Number.MAX_SAFE_INTEGER }, signal, ...version } = {}) {
      checkKey(key);
      checkRange(range);
      signal?.throwIfAborted();
      const { handle, file } = await explained(layoutToRead(key).then((layout) => openObject(layout, key)));
      await using _ = handle;
      expectVersion(key, file, version);
      try {
        // No more than there is: a chunk is allocated before it is read.
        yield* readBytes(handle, { ...range, end: Math.min(range.end, Number(file.size) - 1) }, signal);
      } catch (error) {
        throw explainDiskError(error, uri);
      }
    },

    async head(key, { signal } = {}) {
      checkKey(key);
      signal?.throwIfAborted();
      const { version, metadata } = await explained(layoutToRead(key).then((layout) => headObject(layout, key)));
      return { ...infoOf(key, version), metadata };
    },

    async list(prefix, { after: start = '', cursor, limit = MAX_PAGE, signal } = {}) {
      const after = cursor ?? start;
      checkText(prefix, 'prefix');
      checkText(after, 'key to list after');
      signal?.throwIfAborted();
      known ??= await explained(findLayout(path));
      return explained(takePage(known ? walkObjects(known, { prefix, after, signal }) : noObjects(), limit));
    },

    async copy(from, to, { ifAbsent = false, signal, ...version } = {}) {
      checkKey(from);
      checkKey(to);
      signal?.throwIfAborted();
      await explained(layoutToRead(from));
      const layout = await explained(layoutToWrite());
      if (ifAbsent) await explained(requireAbsent(layout, to));
      const source = await explained(copyToTemp(layout, from, version, signal));
      await using temp = source.temp;
      signal?.throwIfAborted();
      return await explained(publish(layout, temp, to, { ...source.attributes, ifAbsent }));
    },

    async delete(key, { etag, signal } = {}) {
      checkKey(key);
      signal?.throwIfAborted();
      known ??= await explained(findLayout(path));
      if (known === undefined) return;
      if (etag === undefined) await explained(deleteObject(known, key));
      else await explained(layoutToWrite().then((layout) => deleteVersionOf(layout, key, etag)));
    },

    async tags(key, { signal } = {}) {
      checkKey(key);
      signal?.throwIfAborted();
      return (await explained(layoutToRead(key).then((layout) => headObject(layout, key)))).tags;
    },

    async setTags(key, tags, { signal } = {}) {
      checkKey(key);
      checkTags(tags);
      signal?.throwIfAborted();
      await explained(layoutToRead(key));
      await explained(layoutToWrite().then((layout) => tagObject(layout, key, tags)));
    },

    async setStorageClass(key, _storageClass, { signal } = {}) {
      checkKey(key);
      signal?.throwIfAborted();
      const { version } = await explained(layoutToRead(key).then((layout) => headObject(layout, key)));
      return infoOf(key, version);
    },

    async versions(prefix, options = {}) {
      const { blobs, next } = await store.list(prefix, options);
      const versions = blobs.map((blob) => ({ ...blob, versionId: NO_VERSION, latest: true, deleteMarker: false }));
      return { versions, ...(next === undefined ? {} : { next }) };
    },

    async deleteVersion(key, versionId, options) {
      if (versionId === NO_VERSION) return await store.delete(key, options);
      throw new AppError(
        'InvalidInput',
        `${uri} keeps no versions, and so has none named ${JSON.stringify(versionId)}`,
      );
    },

    async *unfinished(before, { signal } = {}) {
      signal?.throwIfAborted();
      known ??= await explained(findLayout(path));
      if (known !== undefined) yield* listTemp(known, before);
    },

    async discardUnfinished({ id }, { signal } = {}) {
      signal?.throwIfAborted();
      known ??= await explained(findLayout(path));
      if (known !== undefined) await explained(removeTemp(known, id));
    },
  };
  return store;
}

async function* noObjects() {}
