import { bridgedEvent } from '@datasens/testkit/s3-events.ts';
import { expect, test } from 'vitest';
import { eventMatches } from './event-matches.ts';
import { one } from './harness/graph.ts';
import { graphOf } from './stage-graph.ts';

const graph = await graphOf('test');
const bucket: string = one(graph, 's3/bucket').inputs.bucket;

test.for([
  ['a file of the inbox', { key: 'inbox/sales/a b+é.csv' }, true],
  ['a dump', { key: 'dumps/sql/default/x/data.dump' }, false],
  ['a file that was imported', { key: 'imported/20261127T100000Z-1/a.csv' }, false],
  ['a folder of that name elsewhere', { key: 'rejected/inbox/a.csv' }, false],
  ['a file of another bucket', { key: 'inbox/a.csv', bucket: 'other' }, false],
] as const)('%s', ([, told, isHandedOn]) => {
  const { eventPattern } = one(graph, 'cloudwatch/eventRule').inputs;
  const event = bridgedEvent({ bucket, etag: 'a', ...told });
  expect(eventMatches(JSON.parse(eventPattern), event)).toBe(isHandedOn);
  expect(eventMatches(JSON.parse(eventPattern), { ...event, 'detail-type': 'Object Deleted' })).toBe(false);
});

test('the bucket tells EventBridge, which hands files on to the queue of the starter, two of which run at a time', () => {
  expect(one(graph, 's3/bucketNotification').inputs).toMatchObject({ bucket, eventbridge: true });
  const queue = one(graph, 'sqs/queue', 'InboxQueue').inputs;
  const arn = `arn:aws:sqs:eu-west-1:123456789012:${queue.name}`;
  expect(one(graph, 'cloudwatch/eventTarget').inputs).toMatchObject({
    rule: one(graph, 'cloudwatch/eventRule').inputs.name,
    arn,
    deadLetterConfig: { arn: 'arn:aws:sqs:eu-west-1:123456789012:datasens-test-inbox-events-dead-letters' },
  });
  expect(one(graph, 'lambda/eventSourceMapping').inputs).toMatchObject({
    eventSourceArn: arn,
    functionName: 'arn:aws:lambda:eu-west-1:123456789012:function:datasens-test-starter',
    functionResponseTypes: ['ReportBatchItemFailures'],
    scalingConfig: { maximumConcurrency: 2 },
  });
  expect(one(graph, 'lambda/function', 'starterFunction').inputs.environment.variables.IMPORT_MACHINE_ARN).toBe(
    'arn:aws:states:eu-west-1:123456789012:stateMachine:datasens-test-import',
  );
});

test('a message is not given to a second starter while one has it, and is kept where it fails for good', () => {
  const queue = one(graph, 'sqs/queue', 'InboxQueue').inputs;
  const { timeout } = one(graph, 'lambda/function', 'starterFunction').inputs;
  expect(queue.visibilityTimeoutSeconds).toBeGreaterThanOrEqual(6 * timeout);
  const { deadLetterTargetArn, maxReceiveCount } = JSON.parse(queue.redrivePolicy);
  const dead = one(graph, 'sqs/queue', 'inbox-dead-letters').inputs;
  expect(deadLetterTargetArn).toBe(`arn:aws:sqs:eu-west-1:123456789012:${dead.name}`);
  expect(maxReceiveCount).toBeGreaterThanOrEqual(5);
  expect(dead.messageRetentionSeconds).toBeGreaterThan(queue.messageRetentionSeconds);
});
