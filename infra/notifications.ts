import { nameOf, type Place } from './names.ts';
import { policyOf } from './policy.ts';

/** Whom people subscribe to: failures, approvals, alarms (docs/notifications.md). */
export function createTopic(key: aws.kms.Key, { account }: Place): aws.sns.Topic {
  const topic = new aws.sns.Topic('Topic', { name: nameOf('notifications'), kmsMasterKeyId: key.arn });
  new aws.sns.TopicPolicy('TopicPolicy', {
    arn: topic.arn,
    policy: policyOf([
      {
        Sid: 'Alarms',
        Principal: { Service: 'cloudwatch.amazonaws.com' },
        Action: 'sns:Publish',
        Resource: topic.arn,
        Condition: { StringEquals: { 'aws:SourceAccount': account } },
      },
      {
        Sid: 'TlsAlone',
        Effect: 'Deny',
        Principal: '*',
        Action: 'sns:Publish',
        Resource: topic.arn,
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      },
    ]),
  });
  return topic;
}
