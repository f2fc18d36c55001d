import { type CompletedPart, CopyObjectCommand, HeadObjectCommand, UploadPartCopyCommand } from '@aws-sdk/client-s3';
import { AppError } from '../../errors.ts';
import type { BlobVersion, CopyOptions } from '../blob-store.ts';
import type { Bucket } from './client.ts';
import { failureOf, otherVersion } from './errors.ts';
import { multipart, sendingParts } from './multipart.ts';
import { readTags } from './tags.ts';
import { upload } from './upload.ts';
import { ofVersion } from './versions.ts';
import { openWrite, type Write } from './write.ts';

/** What one CopyObject can copy (S3 API reference); the same for one part. */
const MOST_AT_ONCE_BYTES = 5 * 1_073_741_824;
const PART_BYTES = 1_073_741_824;
const PARTS_AT_ONCE = 4;

interface ServerCopy extends CopyOptions {
  /** Where it is not that of every new object. */
  readonly storageClass?: string;
}

/** Copies on the server: bytes, metadata and tags. Throws what the SDK throws, and AppErrors. */
export async function copyObject(bucket: Bucket, from: string, to: string, options: ServerCopy): Promise<BlobVersion> {
  const { client, object } = bucket;
  const { ifAbsent = false, storageClass, versionId, signal } = options;
  const version = ofVersion(versionId);
  const source = await client.send(new HeadObjectCommand({ ...object(from), ...version }), { abortSignal: signal });
  const { ContentLength: sizeBytes = 0, Metadata: metadata = {}, ETag: etag } = source;
  if (options.etag !== undefined && options.etag !== etag) throw otherVersion(from);
  const inParts = ifAbsent || sizeBytes > MOST_AT_ONCE_BYTES;
  // CopyObject takes them along.
  const tags = inParts ? await readTags(bucket, from, signal, versionId) : {};
  // Of nothing there is no part.
  if (ifAbsent && sizeBytes === 0) return await upload(bucket, to, [], { ifAbsent, metadata, tags, signal });
  const write = await openWrite(bucket, to, { ifAbsent, metadata, tags, storageClass });
  const copied = { CopySource: sourceOf({ ...object(from), ...version }), CopySourceIfMatch: etag };
  // CopyObject has a condition on AWS alone; the completion of an upload has it everywhere.
  if (inParts) return await copyInParts(write, copied, sizeBytes, signal);
  const command = new CopyObjectCommand({
    ...write.object,
    ...write.created,
    ...copied,
    // A write of its own has an id of its own.
    MetadataDirective: 'REPLACE',
  });
  const { CopyObjectResult } = await client.send(command, { abortSignal: signal });
  return { key: to, sizeBytes, etag: CopyObjectResult?.ETag ?? '' };
}

/** S3 has no other way than to copy an object onto itself. Throws what the SDK throws, and AppErrors. */
export async function moveToClass(
  bucket: Bucket,
  key: string,
  storageClass: string,
  signal: AbortSignal | undefined,
): Promise<BlobVersion> {
  const found = await bucket.client.send(new HeadObjectCommand(bucket.object(key)), { abortSignal: signal });
  const { ContentLength: sizeBytes = 0, ETag: etag = '', StorageClass = 'STANDARD' } = found;
  if (StorageClass === storageClass) return { key, sizeBytes, etag };
  return await copyObject(bucket, key, key, { storageClass, signal });
}

async function copyInParts(
  write: Write,
  copied: { readonly CopySource: string; readonly CopySourceIfMatch: string | undefined },
  sizeBytes: number,
  signal: AbortSignal | undefined,
): Promise<BlobVersion> {
  const { bucket, key, object } = write;
  const sending = sendingParts(signal);
  const sendPart = async (UploadId: string, start: number): Promise<CompletedPart> => {
    const end = Math.min(start + PART_BYTES, sizeBytes) - 1;
    const PartNumber = start / PART_BYTES + 1;
    const command = new UploadPartCopyCommand({
      ...object,
      ...copied,
      UploadId,
      PartNumber,
      CopySourceRange: `bytes=${start}-${end}`,
    });
    const { CopyPartResult } = await bucket.client
      .send(command, { abortSignal: sending.signal })
      .catch((error: unknown) => {
        throw isOutOfRange(error) ? shortened(key) : error;
      });
    return { PartNumber, ETag: CopyPartResult?.ETag };
  };
  const { etag } = await multipart(write, { checksums: false, sending }, async (uploadId) => {
    const underWay = new Set<Promise<unknown>>();
    for (let start = 0; start < sizeBytes; start += PART_BYTES) {
      if (underWay.size === PARTS_AT_ONCE) await Promise.race(underWay);
      const part = sendPart(uploadId, start);
      underWay.add(part);
      sending.add(part.finally(() => underWay.delete(part)));
    }
    return { parts: await sending.done() };
  });
  return { key, sizeBytes, etag };
}

/** Some servers look at the range before the condition: of a source that was replaced by a shorter one, it is wrong. */
function isOutOfRange(error: unknown): boolean {
  const { code, message = '' } = failureOf(error) ?? {};
  return code === 'InvalidArgument' && /range/i.test(message);
}

function shortened(key: string): AppError {
  return new AppError('Conflict', `somebody else replaced what was being copied to ${JSON.stringify(key)}`, { key });
}

/** The header is URL-encoded, but for the separators. */
function sourceOf({ Bucket, Key, VersionId }: ReturnType<Bucket['object']> & ReturnType<typeof ofVersion>): string {
  const version = VersionId === undefined ? '' : `?versionId=${encodeURIComponent(VersionId)}`;
  return `${Bucket}/${Key.split('/').map(encodeURIComponent).join('/')}${version}`;
}
