import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import type { DeleteOptions } from '../blob-store.ts';
import type { Bucket } from './client.ts';
import { failureOf, otherVersion } from './errors.ts';
import { look } from './write.ts';

/** Throws what the SDK throws, and `Conflict` where the present version is not that of the ETag. */
export async function removeObject(bucket: Bucket, key: string, { etag, signal }: DeleteOptions): Promise<void> {
  const { client, object } = bucket;
  if (etag !== undefined) {
    // MinIO takes no notice of the condition (S3 user guide, "How to perform conditional deletes").
    const present = await look(bucket, key, signal);
    if (!present) return;
    if (present.etag !== etag) throw otherVersion(key);
  }
  try {
    const command = new DeleteObjectCommand({ ...object(key), ...(etag === undefined ? {} : { IfMatch: etag }) });
    await client.send(command, { abortSignal: signal });
  } catch (error) {
    const { status = 0 } = failureOf(error) ?? {};
    // Of what is gone meanwhile a condition is answered so.
    if (status === 404) return;
    // versitygw 1.7 fails to delete what is not there where it has a folder of that name, and keeps versions.
    if (status < 500 || (await look(bucket, key, signal))) throw error;
  }
}
