import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ofType, one } from './harness/graph.ts';
import { graphOf } from './stage-graph.ts';

const graph = await graphOf('test');

test('what a host starts, Scheduler starts: when, what, and in whose name; what it cannot start is kept', () => {
  const { schedules } = JSON.parse(readFileSync(new URL('../../workflows/schedules.json', import.meta.url), 'utf8'));
  const made = ofType(graph, 'scheduler/schedule').map(({ inputs }) => ({
    name: inputs.name.replace('datasens-test-', ''),
    workflow: inputs.target.arn.replace(/^.*:datasens-test-/, ''),
    expression: inputs.scheduleExpression,
    timezone: inputs.scheduleExpressionTimezone,
    input: JSON.parse(inputs.target.input),
  }));
  expect(made).toEqual(
    schedules.map(({ name, workflow, expression, timezone = 'UTC', input = {} }: Record<string, object | string>) => ({
      name,
      workflow,
      expression,
      timezone,
      input: { ...(input as object), user: `schedule/${name}` },
    })),
  );
  const dead = one(graph, 'sqs/queue', 'schedules-dead-letters').inputs;
  for (const { inputs } of ofType(graph, 'scheduler/schedule')) {
    expect(inputs.target.deadLetterConfig?.arn).toBe(`arn:aws:sqs:eu-west-1:123456789012:${dead.name}`);
    expect(inputs.target.retryPolicy.maximumEventAgeInSeconds).toBeLessThanOrEqual(3_600);
    expect(inputs.flexibleTimeWindow).toEqual({ mode: 'OFF' });
  }
});

test('somebody is told of what was tried in vain', () => {
  const watched = ofType(graph, 'cloudwatch/metricAlarm').map(({ inputs }) => {
    expect(inputs).toMatchObject({
      alarmActions: ['arn:aws:sns:eu-west-1:123456789012:datasens-test-notifications'],
      metricName: 'ApproximateNumberOfMessagesVisible',
      threshold: 0,
      comparisonOperator: 'GreaterThanThreshold',
    });
    return inputs.dimensions.QueueName;
  });
  const dead = ofType(graph, 'sqs/queue')
    .map(({ inputs }) => inputs.name)
    .filter((name) => name.endsWith('-dead-letters'));
  expect(watched.toSorted()).toEqual(dead.toSorted());
  expect(dead).toHaveLength(3);
});
