import {
  AbortMultipartUploadCommand,
  ListMultipartUploadsCommand,
  type ListMultipartUploadsCommandOutput,
} from '@aws-sdk/client-s3';
import { AppError } from '../../errors.ts';
import type { UnfinishedWrite } from '../blob-store.ts';
import type { Bucket } from './client.ts';
import { failureOf } from './errors.ts';

interface Marker {
  readonly KeyMarker: string;
  readonly UploadIdMarker?: string;
}

/** Uploads that were begun before `before`. Throws what the SDK throws. */
export async function* listUploads(
  { client, settings, beginning }: Bucket,
  before: Date,
  signal: AbortSignal | undefined,
): AsyncGenerator<UnfinishedWrite> {
  let marker: Marker | undefined;
  do {
    // Of the whole bucket: MinIO takes a prefix for a whole key.
    const command = new ListMultipartUploadsCommand({ Bucket: settings.bucket, ...marker });
    const { Uploads = [], ...page } = await client.send(command, { abortSignal: signal });
    for (const { Key = '', UploadId: id = '', Initiated: begunAt = new Date(0) } of Uploads) {
      if (Key.startsWith(beginning) && begunAt < before) yield { id, key: Key.slice(beginning.length), begunAt };
    }
    marker = page.IsTruncated ? nextMarker(page) : undefined;
  } while (marker);
}

function nextMarker({
  NextKeyMarker,
  NextUploadIdMarker,
}: Omit<ListMultipartUploadsCommandOutput, 'Uploads'>): Marker | undefined {
  if (!NextKeyMarker) return undefined;
  return { KeyMarker: NextKeyMarker, ...(NextUploadIdMarker ? { UploadIdMarker: NextUploadIdMarker } : {}) };
}

/** Ends an upload, if it has not come to its end meanwhile. Throws what the SDK throws. */
export async function endUpload(
  { client, object, uri }: Bucket,
  { id, key }: UnfinishedWrite,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (key === undefined) throw new AppError('InvalidInput', `${JSON.stringify(id)} is no unfinished write of ${uri}`);
  try {
    await client.send(new AbortMultipartUploadCommand({ ...object(key), UploadId: id }), { abortSignal: signal });
  } catch (error) {
    if (failureOf(error)?.code !== 'NoSuchUpload') throw error;
  }
}
