import { isProduction, nameOf, type Place } from './names.ts';
import { policyOf } from './policy.ts';

/**
 * The key that everything at rest is encrypted by: the bucket, the secrets, the topic. Who may use it is said by each role;
 * CloudWatch has none, and is let in here to publish alarms.
 */
export function createKey({ account, partition }: Place): aws.kms.Key {
  const settings: aws.kms.KeyArgs = {
    description: 'DataSens: dumps, secrets and notifications',
    enableKeyRotation: true,
    deletionWindowInDays: 30,
    policy: policyOf([
      {
        Sid: 'Account',
        Principal: { AWS: $interpolate`arn:${partition}:iam::${account}:root` },
        Action: 'kms:*',
        Resource: '*',
      },
      {
        Sid: 'Alarms',
        Principal: { Service: 'cloudwatch.amazonaws.com' },
        Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
        Resource: '*',
        Condition: { StringEquals: { 'aws:SourceAccount': account } },
      },
    ]),
  };
  // Without it nothing of a bucket that is kept can be read: it is never removed beside one.
  const key = new aws.kms.Key('Key', settings, { protect: isProduction(), retainOnDelete: isProduction() });
  new aws.kms.Alias('KeyAlias', { name: `alias/${nameOf('data')}`, targetKeyId: key.keyId });
  return key;
}
