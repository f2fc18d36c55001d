import { PutObjectLegalHoldCommand } from '@aws-sdk/client-s3';
import type { Bucket } from './client.ts';
import { failureOf } from './errors.ts';

/** What servers say of a bucket without Object Lock, and those that do not have it at all. */
const NO_LOCK = new Set([
  'InvalidRequest',
  'InvalidBucketObjectLockConfiguration',
  'ObjectLockConfigurationNotFoundError',
  'NotImplemented',
]);

/** Holds the present version, or lets it go; false where the bucket has no Object Lock. Throws what the SDK throws. */
export async function putLegalHold(
  { client, object }: Bucket,
  key: string,
  held: boolean,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const command = new PutObjectLegalHoldCommand({ ...object(key), LegalHold: { Status: held ? 'ON' : 'OFF' } });
  try {
    await client.send(command, { abortSignal: signal });
    return true;
  } catch (error) {
    if (NO_LOCK.has(failureOf(error)?.code ?? '')) return false;
    throw error;
  }
}
