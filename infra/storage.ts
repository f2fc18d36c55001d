import { isProduction, nameOf, type Place } from './names.ts';
import { policyOf } from './policy.ts';
import type { StageSettings } from './stage-settings.ts';

/** What nobody ended is not paid for any longer. */
const UNFINISHED_DAYS = 7;
/** Versions that no manifest names: what was overwritten or deleted by hand can be had again for so long. */
const NONCURRENT_DAYS = 30;

/** The bucket of dumps, and its inbox: private, encrypted, versioned, by TLS alone, and told of to EventBridge. */
export function createBucket(settings: StageSettings, key: aws.kms.Key, { account, region }: Place): aws.s3.Bucket {
  const bucket = new aws.s3.Bucket(
    'Bucket',
    {
      // Names of buckets are those of everybody.
      bucket: $interpolate`${nameOf('dumps')}-${account}-${region}`,
      objectLockEnabled: settings.objectLock ?? true,
      forceDestroy: !isProduction(),
    },
    { protect: isProduction() },
  );
  const of = { bucket: bucket.id };
  // A bucket that outlives the stack stays as it was: closed, encrypted, and paid for no more than before.
  const kept = { retainOnDelete: isProduction() };
  const access = {
    ...of,
    blockPublicAcls: true,
    blockPublicPolicy: true,
    ignorePublicAcls: true,
    restrictPublicBuckets: true,
  };
  new aws.s3.BucketPublicAccessBlock('BucketAccess', access, kept);
  new aws.s3.BucketOwnershipControls('BucketOwner', { ...of, rule: { objectOwnership: 'BucketOwnerEnforced' } }, kept);
  const versions = { ...of, versioningConfiguration: { status: 'Enabled' } };
  const versioning = new aws.s3.BucketVersioning('BucketVersions', versions, kept);
  const encryption = {
    ...of,
    rules: [
      {
        applyServerSideEncryptionByDefault: { sseAlgorithm: 'aws:kms', kmsMasterKeyId: key.arn },
        // One call of KMS for many objects.
        bucketKeyEnabled: true,
      },
    ],
  };
  new aws.s3.BucketServerSideEncryptionConfiguration('BucketEncryption', encryption, kept);
  new aws.s3.BucketLifecycleConfiguration(
    'BucketLifecycle',
    {
      ...of,
      rules: [
        {
          id: 'unfinished-uploads',
          status: 'Enabled',
          filter: { prefix: '' },
          abortIncompleteMultipartUpload: { daysAfterInitiation: UNFINISHED_DAYS },
        },
        {
          id: 'noncurrent-versions',
          status: 'Enabled',
          filter: { prefix: '' },
          noncurrentVersionExpiration: { noncurrentDays: NONCURRENT_DAYS },
          expiration: { expiredObjectDeleteMarker: true },
        },
      ],
    },
    { ...kept, dependsOn: [versioning] },
  );
  const policy = policyOf([
    {
      Sid: 'TlsAlone',
      Effect: 'Deny',
      Principal: '*',
      Action: 's3:*',
      Resource: [bucket.arn, $interpolate`${bucket.arn}/*`],
      Condition: { Bool: { 'aws:SecureTransport': 'false' } },
    },
    {
      Sid: 'RecentTls',
      Effect: 'Deny',
      Principal: '*',
      Action: 's3:*',
      Resource: [bucket.arn, $interpolate`${bucket.arn}/*`],
      Condition: { NumericLessThan: { 's3:TlsVersion': '1.2' } },
    },
  ]);
  new aws.s3.BucketPolicy('BucketPolicy', { ...of, policy }, kept);
  new aws.s3.BucketNotification('BucketEvents', { ...of, eventbridge: true });
  return bucket;
}
