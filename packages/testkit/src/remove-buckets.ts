import {
  AbortMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  ListBucketsCommand,
  ListMultipartUploadsCommand,
  ListObjectVersionsCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { s3Client } from './s3-client.ts';

/** Removes the buckets whose names begin so, with all that is in them; says which ones would not go. */
export async function removeBuckets(endpoint: string, prefix: string, log: (message: string) => void): Promise<void> {
  const client = s3Client(endpoint);
  const { Buckets = [] } = await client.send(new ListBucketsCommand());
  for (const { Name: Bucket = '' } of Buckets) {
    if (!Bucket.startsWith(prefix)) continue;
    await removeBucket(client, Bucket).catch((error: unknown) => log(`the bucket ${Bucket} stays: ${String(error)}`));
  }
}

async function removeBucket(client: S3Client, Bucket: string): Promise<void> {
  const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket }));
  for (const { Key, UploadId } of Uploads) {
    await client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }));
  }
  for (;;) {
    // The first page again and again: what it listed is gone.
    const { Versions = [], DeleteMarkers = [] } = await client.send(new ListObjectVersionsCommand({ Bucket }));
    const all = [...Versions, ...DeleteMarkers];
    if (all.length === 0) break;
    for (const { Key, VersionId } of all) {
      // A test's Object Lock is of the kind that a privileged client may pass.
      await client.send(new DeleteObjectCommand({ Bucket, Key, VersionId, BypassGovernanceRetention: true }));
    }
  }
  await client.send(new DeleteBucketCommand({ Bucket }));
}
