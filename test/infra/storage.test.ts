import { expect, test } from 'vitest';
import { ofType, one } from './harness/graph.ts';
import { graphOf } from './stage-graph.ts';

const graph = await graphOf('test');
const bucket = one(graph, 's3/bucket');
const ofBucket = (type: string) => {
  const { inputs } = one(graph, type);
  expect(inputs.bucket).toBe(bucket.inputs.bucket);
  return inputs;
};

test('the bucket is private: no access list, no policy and no origin lets anybody in', () => {
  expect(ofBucket('s3/bucketPublicAccessBlock')).toMatchObject({
    blockPublicAcls: true,
    blockPublicPolicy: true,
    ignorePublicAcls: true,
    restrictPublicBuckets: true,
  });
  expect(ofBucket('s3/bucketOwnershipControls').rule).toEqual({ objectOwnership: 'BucketOwnerEnforced' });
  const types = graph.map(({ type }) => type);
  expect(types.filter((type) => /Cors|bucketAcl|Website/i.test(type))).toEqual([]);
  expect(bucket.inputs).not.toHaveProperty('corsRules');
});

test('what is stored is encrypted by a key of the stack, which changes every year', () => {
  const key = one(graph, 'kms/key');
  expect(key.inputs).toMatchObject({ enableKeyRotation: true, deletionWindowInDays: 30 });
  expect(ofBucket('s3/bucketServerSideEncryptionConfiguration').rules).toEqual([
    {
      applyServerSideEncryptionByDefault: {
        sseAlgorithm: 'aws:kms',
        kmsMasterKeyId: 'arn:aws:kms:eu-west-1:123456789012:key/Key',
      },
      bucketKeyEnabled: true,
    },
  ]);
  for (const { name, inputs } of ofType(graph, 'secretsmanager/secret')) {
    expect({ name, key: inputs.kmsKeyId }).toEqual({ name, key: 'arn:aws:kms:eu-west-1:123456789012:key/Key' });
  }
  expect(one(graph, 'sns/topic').inputs.kmsMasterKeyId).toBe('arn:aws:kms:eu-west-1:123456789012:key/Key');
  for (const { name, inputs } of ofType(graph, 'sqs/queue')) {
    expect({ name, encrypted: inputs.sqsManagedSseEnabled }).toEqual({ name, encrypted: true });
  }
});

test('versions are kept, can be locked, and end; uploads that nobody ended go', () => {
  expect(ofBucket('s3/bucketVersioning').versioningConfiguration).toEqual({ status: 'Enabled' });
  expect(bucket.inputs.objectLockEnabled).toBe(true);
  const rules = ofBucket('s3/bucketLifecycleConfiguration').rules as Record<string, unknown>[];
  expect(rules.every(({ status, filter }) => status === 'Enabled' && JSON.stringify(filter) === '{"prefix":""}')).toBe(
    true,
  );
  expect(rules).toContainEqual(expect.objectContaining({ abortIncompleteMultipartUpload: { daysAfterInitiation: 7 } }));
  expect(rules).toContainEqual(expect.objectContaining({ noncurrentVersionExpiration: { noncurrentDays: 30 } }));
  // What a manifest names is never theirs to remove.
  expect(rules.filter((rule) => JSON.stringify(rule).includes('"days"'))).toEqual([]);
});
