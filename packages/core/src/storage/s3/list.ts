import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import type { BlobInfo, BlobPage, CallOptions } from '../blob-store.ts';
import { compareBytes } from '../byte-order.ts';
import type { Bucket } from './client.ts';

interface PageRequest extends CallOptions {
  readonly prefix: string;
  readonly after: string;
  readonly cursor: string | undefined;
  readonly MaxKeys: number;
}

/** A page of a listing. Throws what the SDK throws. */
export async function listPage(bucket: Bucket, request: PageRequest): Promise<BlobPage> {
  const { prefix, after, MaxKeys, signal } = request;
  const { client, settings, beginning } = bucket;
  const start = after !== '' && canStartAfter(bucket, request) ? { StartAfter: `${beginning}${after}` } : {};
  for (let cursor = request.cursor; ; ) {
    const command = new ListObjectsV2Command({
      Bucket: settings.bucket,
      Prefix: `${beginning}${prefix}`,
      MaxKeys,
      // XML cannot hold every character that a key may have.
      EncodingType: 'url',
      ...(cursor === undefined ? start : { ContinuationToken: cursor }),
    });
    const { Contents = [], EncodingType, NextContinuationToken } = await client.send(command, { abortSignal: signal });
    const decode = EncodingType === 'url' ? decodeKey : (key: string) => key;
    const blobs = Contents.map(
      ({ Key = '', Size, ETag, LastModified }) => infoOf(decode(Key).slice(beginning.length), Size, ETag, LastModified),
      // A console makes an object of the prefix itself: its "folder".
    ).filter(({ key }) => key !== '' && compareBytes(key, after) > 0);
    if (blobs.length > 0 || !NextContinuationToken) {
      return { blobs, ...(NextContinuationToken ? { next: NextContinuationToken } : {}) };
    }
    cursor = NextContinuationToken;
  }
}

/**
 * MinIO ends a listing too early that starts in one of two folders of which one is named as the other and more
 * (`a/0`, where there is `a-/`). Only AWS is asked to start within a folder; for others it is listed from the beginning.
 */
function canStartAfter({ settings }: Bucket, { prefix, after }: PageRequest): boolean {
  return !settings.endpoint || (after.startsWith(prefix) && !after.slice(prefix.length).includes('/'));
}

export function infoOf(key: string, sizeBytes = 0, etag = '', modified = new Date(0)): BlobInfo {
  // HEAD tells seconds; a listing of some servers more.
  return { key, sizeBytes, etag, modifiedAt: new Date(Math.floor(modified.getTime() / 1_000) * 1_000) };
}

/** As servers write it with `EncodingType: url`: a form's encoding, in which a space is a plus. */
export function decodeKey(key: string): string {
  return decodeURIComponent(key.replaceAll('+', ' '));
}
