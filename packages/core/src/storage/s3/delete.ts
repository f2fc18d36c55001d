import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import type { Bucket } from './client.ts';
import { failureOf } from './errors.ts';
import { look } from './write.ts';

/** Throws what the SDK throws. */
export async function removeObject(bucket: Bucket, key: string, signal: AbortSignal | undefined): Promise<void> {
  const { client, object } = bucket;
  try {
    await client.send(new DeleteObjectCommand(object(key)), { abortSignal: signal });
  } catch (error) {
    // versitygw 1.7 fails to delete what is not there where it has a folder of that name, and keeps versions.
    if ((failureOf(error)?.status ?? 0) < 500 || (await look(bucket, key, signal))) throw error;
  }
}
