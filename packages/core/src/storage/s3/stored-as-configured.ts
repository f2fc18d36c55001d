import { HeadObjectCommand } from '@aws-sdk/client-s3';
import { AppError } from '../../errors.ts';
import { askedOnce, withProbe } from './probe.ts';

/**
 * Throws `ConfigError` where the server ignores `S3_KMS_KEY_ID` or `S3_STORAGE_CLASS`, as it may by the S3 API: dumps
 * would lie there unencrypted, or cost what nobody expects. It is asked once, before the first write.
 */
export const requireStoredAsConfigured = askedOnce(async (bucket) => {
  const { client, settings, uri } = bucket;
  if (!settings.kmsKeyId && !settings.storageClass) return;
  const { ServerSideEncryption, StorageClass = 'STANDARD' } = await withProbe(bucket, async ({ object, put }) => {
    await put();
    return await client.send(new HeadObjectCommand(object));
  });
  if (settings.kmsKeyId && ServerSideEncryption !== 'aws:kms') {
    throw new AppError(
      'ConfigError',
      `the server of ${uri} ignores S3_KMS_KEY_ID and stores objects without it: use one that has a KMS, or unset it`,
    );
  }
  if (settings.storageClass && StorageClass !== settings.storageClass) {
    throw new AppError(
      'ConfigError',
      `the server of ${uri} ignores S3_STORAGE_CLASS: an object of ${settings.storageClass} is stored as ` +
        `${StorageClass} there; unset it`,
    );
  }
});
