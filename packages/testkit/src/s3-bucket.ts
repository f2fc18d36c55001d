import { randomBytes } from 'node:crypto';
import { CreateBucketCommand, PutBucketVersioningCommand, S3Client } from '@aws-sdk/client-s3';
import { S3_CREDENTIALS } from './s3-server.ts';

/** A client that is not the product's own, for what no job would do. */
export function s3Client(endpoint: string): S3Client {
  return new S3Client({ endpoint, forcePathStyle: true, region: 'us-east-1', credentials: S3_CREDENTIALS });
}

export interface BucketOptions {
  /** Whether the bucket keeps every version of an object. */
  readonly versioning?: boolean;
}

/** A bucket of one test, by its name; it goes with its server. */
export async function createBucket(endpoint: string, { versioning = false }: BucketOptions = {}): Promise<string> {
  const Bucket = `test-${randomBytes(8).toString('hex')}`;
  const client = s3Client(endpoint);
  try {
    await client.send(new CreateBucketCommand({ Bucket }));
    if (versioning) {
      await client.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }));
    }
    return Bucket;
  } finally {
    client.destroy();
  }
}
