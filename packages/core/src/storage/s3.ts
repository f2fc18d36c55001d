import { HeadObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { AppError } from '../errors.ts';
import type { BlobStore } from './blob-store.ts';
import { checkKey, checkText } from './check-key.ts';
import { checkMetadata } from './check-metadata.ts';
import { checkRange } from './check-range.ts';
import { checkTags } from './check-tags.ts';
import { MAX_PAGE, pageSize } from './list-page.ts';
import { openBucket } from './s3/client.ts';
import { copyObject, moveToClass } from './s3/copy.ts';
import { removeObject } from './s3/delete.ts';
import { download } from './s3/download.ts';
import { explainS3Error, failureOf, isBare } from './s3/errors.ts';
import { inspectBucket } from './s3/inspect.ts';
import { putLegalHold } from './s3/legal-hold.ts';
import { infoOf, listPage } from './s3/list.ts';
import type { S3Settings } from './s3/settings.ts';
import { readTags, writeTags } from './s3/tags.ts';
import { endUpload, listUploads } from './s3/unfinished.ts';
import { upload } from './s3/upload.ts';
import { listVersions, removeVersion } from './s3/versions.ts';
import { WRITE_ID } from './s3/write.ts';

/** The store in a bucket of S3, or of a server that speaks its API: see docs/storage.md for what it needs from one. */
export function s3Store(settings: S3Settings): BlobStore {
  const bucket = openBucket(settings);
  const { client, uri, beginning, object } = bucket;
  let listed: Promise<unknown> | undefined;

  /** A request, or several, of which the SDK's errors are explained; the caller's own abort stays what it is. */
  const attempt = async <T>(doing: string, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> => {
    signal?.throwIfAborted();
    try {
      return await work();
    } catch (error) {
      throw await explained(error, doing, signal);
    }
  };
  const explained = async (error: unknown, doing: string, signal: AbortSignal | undefined): Promise<unknown> => {
    signal?.throwIfAborted();
    if (isBare(error)) await expectBucket(doing);
    return explainS3Error(error, bucket, doing);
  };
  /** The answer to HEAD has no body that would tell a missing object from a missing bucket, or from wrong credentials. */
  const expectBucket = async (doing: string) => {
    listed ??= client.send(new ListObjectsV2Command({ Bucket: settings.bucket, Prefix: beginning, MaxKeys: 1 }));
    try {
      await listed;
    } catch (error) {
      listed = undefined;
      // Who may read an object need not be allowed to list.
      if (failureOf(error)?.code !== 'AccessDenied') throw explainS3Error(error, bucket, doing);
    }
  };

  return {
    uri,

    uriOf(key) {
      checkS3Key(key);
      return `${uri}/${key}`;
    },

    async put(key, body, options = {}) {
      checkS3Key(key);
      checkMetadata(options.metadata ?? {});
      checkTags(options.tags ?? {});
      return await attempt(`write ${quoted(key)}`, options.signal, () => upload(bucket, key, body, options));
    },

    async *read(key, options = {}) {
      checkS3Key(key);
      checkRange(options.range);
      options.signal?.throwIfAborted();
      try {
        yield* download(bucket, key, options);
      } catch (error) {
        throw await explained(error, `read ${quoted(key)}`, options.signal);
      }
    },

    async head(key, { signal } = {}) {
      checkS3Key(key);
      const found = await attempt(`look at ${quoted(key)}`, signal, () =>
        client.send(new HeadObjectCommand(object(key)), { abortSignal: signal }),
      );
      const { [WRITE_ID]: _, ...metadata } = found.Metadata ?? {};
      return { ...infoOf(key, found.ContentLength, found.ETag, found.LastModified), metadata };
    },

    async list(prefix, { after = '', cursor, limit = MAX_PAGE, signal } = {}) {
      checkText(prefix, 'prefix');
      checkText(after, 'key to list after');
      const MaxKeys = pageSize(limit);
      return await attempt('list', signal, () => listPage(bucket, { prefix, after, cursor, MaxKeys, signal }));
    },

    async copy(from, to, options = {}) {
      checkS3Key(from);
      checkS3Key(to);
      const doing = `copy ${quoted(from)} to ${quoted(to)}`;
      return await attempt(doing, options.signal, () => copyObject(bucket, from, to, options));
    },

    async delete(key, options = {}) {
      checkS3Key(key);
      await attempt(`delete ${quoted(key)}`, options.signal, () => removeObject(bucket, key, options));
    },

    async tags(key, { signal } = {}) {
      checkS3Key(key);
      return await attempt(`read the tags of ${quoted(key)}`, signal, () => readTags(bucket, key, signal));
    },

    async setTags(key, tags, { signal } = {}) {
      checkS3Key(key);
      checkTags(tags);
      await attempt(`tag ${quoted(key)}`, signal, () => writeTags(bucket, key, tags, signal));
    },

    async setStorageClass(key, storageClass, { signal } = {}) {
      checkS3Key(key);
      const doing = `move ${quoted(key)} to the class ${storageClass}`;
      return await attempt(doing, signal, () => moveToClass(bucket, key, storageClass, signal));
    },

    async versions(prefix, { cursor, limit = MAX_PAGE, signal } = {}) {
      checkText(prefix, 'prefix');
      const request = { prefix, cursor, limit: pageSize(limit), signal };
      return await attempt('list versions', signal, () => listVersions(bucket, request));
    },

    async deleteVersion(key, versionId, { signal } = {}) {
      checkS3Key(key);
      const doing = `delete the version ${versionId} of ${quoted(key)}`;
      await attempt(doing, signal, () => removeVersion(bucket, key, versionId, signal));
    },

    async setLegalHold(key, held, { signal } = {}) {
      checkS3Key(key);
      const doing = `${held ? 'hold' : 'release'} ${quoted(key)}`;
      return await attempt(doing, signal, () => putLegalHold(bucket, key, held, signal));
    },

    async *unfinished(before, { signal } = {}) {
      const uploads = listUploads(bucket, before, signal);
      for (;;) {
        const { done, value } = await attempt('list unfinished uploads', signal, () => uploads.next());
        if (done) return;
        yield value;
      }
    },

    async discardUnfinished(write, { signal } = {}) {
      await attempt(`end the upload of ${quoted(write.key ?? '')}`, signal, () => endUpload(bucket, write, signal));
    },

    async inspect({ signal } = {}) {
      return await attempt('look at the bucket', signal, () => inspectBucket(bucket, signal));
    },
  };
}

/**
 * Throws `InvalidInput` for keys that servers read or list differently: one that cleaned the path of a request would
 * take `..` for a way out of the prefix, and XML cannot hold every control character.
 */
function checkS3Key(key: string): void {
  checkKey(key);
  const odd = key.split('/').find((segment) => segment === '' || segment === '.' || segment === '..');
  if (odd === undefined && !/\p{Cc}/u.test(key)) return;
  const what = odd === undefined ? 'a control character' : `the segment ${quoted(odd)}`;
  throw new AppError('InvalidInput', `the key ${quoted(key)} has ${what}, which S3 servers do not read alike`, { key });
}

function quoted(key: string): string {
  return JSON.stringify(key);
}
