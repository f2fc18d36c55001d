import { createDeadLetters } from './dead-letters.ts';
import { FUNCTIONS } from './function-table.ts';
import { createFunction, type FunctionsPlace } from './functions.ts';
import { nameOf } from './names.ts';
import { policyOf } from './policy.ts';

/** As packages/core/src/catalog/inbox-place.ts has it. */
const INBOX = 'inbox/';
const FOUR_DAYS = 345_600;
/** Lambda developer guide, "Using Lambda with Amazon SQS": six times the function's own time. */
const VISIBILITY_FACTOR = 6;
/** Before it is a dead letter; the guide wants five at least. */
const MOST_RECEIVES = 8;
/** Two starters at a time, the fewest there can be: a thousand files at once are some minutes' work for them. */
const STARTERS = 2;
const MESSAGES = 10;

/** Files that are put into the inbox lead to executions of the import: EventBridge → queue → starter. */
export function createInbox(place: FunctionsPlace): void {
  const { bucket, topic } = place;
  const dead = createDeadLetters('inbox', topic);
  const undelivered = createDeadLetters('inbox-events', topic);
  const queue = new aws.sqs.Queue('InboxQueue', {
    name: nameOf('inbox'),
    visibilityTimeoutSeconds: VISIBILITY_FACTOR * (FUNCTIONS.starter?.timeoutSeconds ?? 0),
    messageRetentionSeconds: FOUR_DAYS,
    sqsManagedSseEnabled: true,
    redrivePolicy: $util.jsonStringify({ deadLetterTargetArn: dead.arn, maxReceiveCount: MOST_RECEIVES }),
  });
  new aws.sqs.RedriveAllowPolicy('InboxRedrive', {
    queueUrl: dead.url,
    redriveAllowPolicy: $util.jsonStringify({ redrivePermission: 'byQueue', sourceQueueArns: [queue.arn] }),
  });
  const rule = new aws.cloudwatch.EventRule('InboxRule', {
    name: nameOf('inbox'),
    description: 'files that were put into the inbox',
    eventPattern: bucket.bucket.apply((name) =>
      JSON.stringify({
        source: ['aws.s3'],
        'detail-type': ['Object Created'],
        detail: { bucket: { name: [name] }, object: { key: [{ prefix: INBOX }] } },
      }),
    ),
  });
  for (const [name, target] of [
    ['InboxQueuePolicy', queue],
    ['InboxUndeliveredPolicy', undelivered],
  ] as const) {
    new aws.sqs.QueuePolicy(name, {
      queueUrl: target.url,
      policy: policyOf([
        {
          Principal: { Service: 'events.amazonaws.com' },
          Action: 'sqs:SendMessage',
          Resource: target.arn,
          Condition: { ArnEquals: { 'aws:SourceArn': rule.arn } },
        },
      ]),
    });
  }
  new aws.cloudwatch.EventTarget('InboxTarget', {
    rule: rule.name,
    arn: queue.arn,
    deadLetterConfig: { arn: undelivered.arn },
  });
  const starter = createFunction('starter', place, { IMPORT_MACHINE_ARN: place.machineArn('import') }, [
    { Action: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'], Resource: queue.arn },
  ]);
  new aws.lambda.EventSourceMapping('InboxStarter', {
    eventSourceArn: queue.arn,
    functionName: starter.arn,
    batchSize: MESSAGES,
    functionResponseTypes: ['ReportBatchItemFailures'],
    scalingConfig: { maximumConcurrency: STARTERS },
  });
}
