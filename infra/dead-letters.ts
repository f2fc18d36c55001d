import { nameOf } from './names.ts';

/** So long anybody has to look at what came to nothing: as long as SQS keeps anything. */
const FOURTEEN_DAYS = 1_209_600;

/** A queue of what was tried in vain, and an alarm as long as something is in it. */
export function createDeadLetters(name: string, topic: aws.sns.Topic): aws.sqs.Queue {
  const queue = new aws.sqs.Queue(`${name}-dead-letters`, {
    name: nameOf(`${name}-dead-letters`),
    messageRetentionSeconds: FOURTEEN_DAYS,
    sqsManagedSseEnabled: true,
  });
  new aws.cloudwatch.MetricAlarm(`${name}-dead-letters-alarm`, {
    name: nameOf(`${name}-dead-letters`),
    alarmDescription: `DataSens: something of ${name} was tried in vain, and waits in ${nameOf(`${name}-dead-letters`)}`,
    namespace: 'AWS/SQS',
    metricName: 'ApproximateNumberOfMessagesVisible',
    dimensions: { QueueName: queue.name },
    statistic: 'Maximum',
    period: 300,
    evaluationPeriods: 1,
    threshold: 0,
    comparisonOperator: 'GreaterThanThreshold',
    treatMissingData: 'notBreaching',
    alarmActions: [topic.arn],
  });
  return queue;
}
