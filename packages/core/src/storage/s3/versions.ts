import {
  DeleteObjectCommand,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandOutput,
} from '@aws-sdk/client-s3';
import { AppError } from '../../errors.ts';
import { NO_VERSION, type VersionInfo, type VersionPage } from '../blob-store.ts';
import { compareBytes } from '../byte-order.ts';
import { MAX_PAGE } from '../list-page.ts';
import type { Bucket } from './client.ts';
import { failureOf } from './errors.ts';
import { decodeKey, infoOf } from './list.ts';

interface VersionsRequest {
  readonly prefix: string;
  readonly cursor: string | undefined;
  readonly limit: number;
  readonly signal: AbortSignal | undefined;
}

/** A page of the versions. Throws what the SDK throws. */
export async function listVersions(bucket: Bucket, request: VersionsRequest): Promise<VersionPage> {
  const { client, settings, beginning } = bucket;
  const { prefix, signal } = request;
  let { cursor, limit } = request;
  for (;;) {
    const after = cursor === undefined ? undefined : markerOf(cursor);
    const command = new ListObjectVersionsCommand({
      Bucket: settings.bucket,
      Prefix: `${beginning}${prefix}`,
      MaxKeys: limit,
      EncodingType: 'url',
      ...(after ? { KeyMarker: after.key, VersionIdMarker: after.versionId } : {}),
    });
    const answer = await client.send(command, { abortSignal: signal });
    const decode = answer.EncodingType === 'url' ? decodeKey : (key: string) => key;
    const found = versionsOf(answer, decode).filter(
      // versitygw 1.7 goes on with the version that it was to go on after, where that is the latest of its key.
      ({ key, versionId }) => key !== beginning && !(key === after?.key && versionId === after.versionId),
    );
    const next: Marker | undefined = answer.IsTruncated
      ? { key: decode(answer.NextKeyMarker ?? ''), versionId: answer.NextVersionIdMarker || undefined }
      : undefined;
    const isStuck = next !== undefined && next.key === after?.key && next.versionId === after.versionId;
    if (isStuck && (found.length > 0 || limit === MAX_PAGE)) {
      throw new AppError('ConfigError', `${bucket.uri}: its listing of versions does not go on`);
    }
    if (found.length > 0 || !next) {
      const versions = found.map((version) => ({ ...version, key: version.key.slice(beginning.length) }));
      return { versions, ...(next ? { next: JSON.stringify(next) } : {}) };
    }
    if (isStuck) limit += 1;
    cursor = JSON.stringify(next);
  }
}

/** In the answer objects and delete markers stand apart. S3 tells seconds: within one their order is not known. */
function versionsOf(answer: ListObjectVersionsCommandOutput, decode: (key: string) => string): VersionInfo[] {
  return [
    ...(answer.Versions ?? []).map((version) => ({ ...version, deleteMarker: false })),
    ...(answer.DeleteMarkers ?? []).map((marker) => ({ ...marker, Size: 0, ETag: '', deleteMarker: true })),
  ]
    .sort((a, b) => Number(b.IsLatest) - Number(a.IsLatest) || timeOf(b) - timeOf(a))
    .map(({ Key = '', Size, ETag, LastModified, VersionId = NO_VERSION, IsLatest = true, deleteMarker }) => ({
      ...infoOf(decode(Key), Size, ETag, LastModified),
      versionId: VersionId,
      latest: IsLatest,
      deleteMarker,
    }))
    .sort((a, b) => compareBytes(a.key, b.key));
}

function timeOf({ LastModified }: { readonly LastModified?: Date | undefined }): number {
  return LastModified?.getTime() ?? 0;
}

/** How a request names a version. A bucket that never kept any is not asked for the one that it has. */
export function ofVersion(versionId: string | undefined): { readonly VersionId?: string } {
  return versionId === undefined || versionId === NO_VERSION ? {} : { VersionId: versionId };
}

interface Marker {
  readonly key: string;
  readonly versionId: string | undefined;
}

function markerOf(cursor: string): Marker {
  try {
    return JSON.parse(cursor) as Marker;
  } catch (error) {
    throw new AppError('InvalidInput', `${JSON.stringify(cursor)} is no cursor of a page of versions`, {
      cause: error,
    });
  }
}

/** Removes a version for good. Throws what the SDK throws. */
export async function removeVersion(
  bucket: Bucket,
  key: string,
  VersionId: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  try {
    await bucket.client.send(new DeleteObjectCommand({ ...bucket.object(key), VersionId }), { abortSignal: signal });
  } catch (error) {
    const { status, code } = failureOf(error) ?? {};
    if (status === 404) return;
    // versitygw 1.7 says so of one that is gone; of one that is there it means something else.
    if (code !== 'InvalidArgument' || (await isListed(bucket, key, VersionId, signal))) throw error;
  }
}

async function isListed(bucket: Bucket, key: string, versionId: string, signal: AbortSignal | undefined) {
  for (let cursor: string | undefined; ; ) {
    const page = await listVersions(bucket, { prefix: key, cursor, limit: MAX_PAGE, signal });
    if (page.versions.some((version) => version.key === key && version.versionId === versionId)) return true;
    if (page.next === undefined) return false;
    cursor = page.next;
  }
}
