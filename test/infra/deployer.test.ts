import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Resource } from './harness/graph.ts';
import { graphOf } from './stage-graph.ts';

interface Statement {
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
}

const page = readFileSync(new URL('../../docs/deploy.md', import.meta.url), 'utf8');
const [, json = ''] = /### The deployer's policy[\s\S]*?```json\n([\s\S]*?)```/.exec(page) ?? [];
const allows = (JSON.parse(json).Statement as Statement[]).filter(({ Effect }) => Effect === 'Allow');

/** What is called to make a resource, and the ARN that this is checked against (Service authorization reference). */
const MADE: Readonly<Record<string, readonly [action: string, arn: (name: string) => string]>> = {
  'iam/role': ['iam:CreateRole', (name) => `arn:aws:iam::123456789012:role/${name}`],
  'lambda/function': ['lambda:CreateFunction', (name) => own('lambda', `function:${name}`)],
  'lambda/functionUrl': ['lambda:CreateFunctionUrlConfig', () => own('lambda', 'function:datasens-test-url-audit')],
  'lambda/permission': ['lambda:AddPermission', () => own('lambda', 'function:datasens-test-url-audit')],
  'lambda/eventSourceMapping': ['lambda:CreateEventSourceMapping', () => '*'],
  'sfn/stateMachine': ['states:CreateStateMachine', (name) => own('states', `stateMachine:${name}`)],
  'scheduler/schedule': [
    'scheduler:CreateSchedule',
    (name) => own('scheduler', `schedule/datasens-test-schedules/${name}`),
  ],
  'scheduler/scheduleGroup': ['scheduler:CreateScheduleGroup', (name) => own('scheduler', `schedule-group/${name}`)],
  'cloudwatch/eventRule': ['events:PutRule', (name) => own('events', `rule/${name}`)],
  'cloudwatch/logGroup': ['logs:CreateLogGroup', (name) => own('logs', `log-group:${name}`)],
  'cloudwatch/metricAlarm': ['cloudwatch:PutMetricAlarm', (name) => own('cloudwatch', `alarm:${name}`)],
  'sqs/queue': ['sqs:CreateQueue', (name) => own('sqs', name)],
  'sns/topic': ['sns:CreateTopic', (name) => own('sns', name)],
  'secretsmanager/secret': ['secretsmanager:CreateSecret', (name) => own('secretsmanager', `secret:${name}-a1b2c3`)],
  'ecr/repository': ['ecr:CreateRepository', (name) => own('ecr', `repository/${name}`)],
  'ecs/cluster': ['ecs:CreateCluster', (name) => own('ecs', `cluster/${name}`)],
  'ecs/taskDefinition': ['ecs:RegisterTaskDefinition', () => '*'],
  's3/bucket': ['s3:CreateBucket', (name) => `arn:aws:s3:::${name}`],
  'kms/key': ['kms:CreateKey', () => '*'],
  'kms/alias': ['kms:CreateAlias', () => '*'],
  'ec2/vpc': ['ec2:CreateVpc', () => '*'],
  'ec2/subnet': ['ec2:CreateSubnet', () => '*'],
  'ec2/routeTable': ['ec2:CreateRouteTable', () => '*'],
  'ec2/vpcEndpoint': ['ec2:CreateVpcEndpoint', () => '*'],
  'ec2/securityGroup': ['ec2:CreateSecurityGroup', () => '*'],
};
/** Of one of those above. */
const PARTS =
  /^aws:(s3\/bucket\w+|iam\/rolePolicy|sqs\/(queuePolicy|redriveAllowPolicy)|sns\/topicPolicy|ecr\/lifecyclePolicy|cloudwatch\/eventTarget|vpc\/securityGroup\w+|ec2\/routeTableAssociation):/;

test("the deployer's policy on the page lets the stack be made, all of it by names that begin with its own", async () => {
  for (const resource of await graphOf('test')) {
    if (!resource.type.startsWith('aws:') || PARTS.test(resource.type)) continue;
    const [action, arn] = callFor(resource);
    expect({ resource: resource.name, action, arn, allowed: isAllowed(action, arn) }).toMatchObject({ allowed: true });
  }
  expect(isAllowed('secretsmanager:CreateSecret', own('secretsmanager', 'secret:other-a1b2c3'))).toBe(false);
  expect(isAllowed('iam:CreateRole', 'arn:aws:iam::123456789012:role/admin')).toBe(false);
  expect(isAllowed('s3:DeleteBucket', 'arn:aws:s3:::other')).toBe(false);
});

function callFor({ type, name, inputs }: Resource): [action: string, arn: string] {
  const made = MADE[type.split(':')[1] ?? ''];
  if (!made) throw new Error(`nobody has said what makes ${type} ${name}`);
  return [made[0], made[1](inputs.name ?? inputs.bucket ?? name)];
}

function isAllowed(action: string, arn: string): boolean {
  return allows.some(
    ({ Action, Resource: on }) =>
      [Action].flat().some((each) => like(each, action)) && [on].flat().some((each) => like(each, arn)),
  );
}

/** IAM user guide, "Wildcards". */
function like(pattern: string, text: string): boolean {
  const source = pattern.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*');
  return new RegExp(`^${source}$`).test(text);
}

function own(service: string, resource: string): string {
  return `arn:aws:${service}:eu-west-1:123456789012:${resource}`;
}
