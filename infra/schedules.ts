import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createDeadLetters } from './dead-letters.ts';
import type { FunctionsPlace } from './functions.ts';
import { nameOf } from './names.ts';
import { policyOf, serviceRole } from './policy.ts';

interface Schedule {
  readonly name: string;
  readonly workflow: string;
  readonly expression: string;
  readonly timezone?: string;
  readonly input?: Readonly<Record<string, unknown>>;
}

/** A start that Scheduler could not make in an hour is told, not made up for at noon. */
const TRIES_FOR_SECONDS = 3_600;

/** What workflows/schedules.json starts when, as a host of one machine does. */
export function createSchedules(place: FunctionsPlace, machines: ReadonlyMap<string, aws.sfn.StateMachine>): void {
  const text = readFileSync(join($cli.paths.root, 'workflows/schedules.json'), 'utf8');
  const { schedules } = JSON.parse(text) as { readonly schedules: readonly Schedule[] };
  const dead = createDeadLetters('schedules', place.topic);
  const group = new aws.scheduler.ScheduleGroup('Schedules', { name: nameOf('schedules') });
  for (const { name, workflow, expression, timezone = 'UTC', input = {} } of schedules) {
    const machine = machines.get(workflow);
    if (!machine) throw new Error(`workflows/schedules.json: ${name}: there is no workflow ${workflow}`);
    const role = serviceRole(
      `${name}-schedule-role`,
      'scheduler.amazonaws.com',
      [
        { Action: 'states:StartExecution', Resource: machine.arn },
        { Action: 'sqs:SendMessage', Resource: dead.arn },
      ],
      place.place.account,
    );
    new aws.scheduler.Schedule(`${name}-schedule`, {
      name: nameOf(name),
      groupName: group.name,
      scheduleExpression: expression,
      scheduleExpressionTimezone: timezone,
      flexibleTimeWindow: { mode: 'OFF' },
      target: {
        arn: machine.arn,
        roleArn: role.arn,
        input: JSON.stringify({ ...input, user: `schedule/${name}` }),
        deadLetterConfig: { arn: dead.arn },
        retryPolicy: { maximumEventAgeInSeconds: TRIES_FOR_SECONDS, maximumRetryAttempts: 20 },
      },
    });
  }
  new aws.sqs.QueuePolicy('SchedulesDeadPolicy', {
    queueUrl: dead.url,
    policy: policyOf([
      {
        Effect: 'Deny',
        Principal: '*',
        Action: 'sqs:*',
        Resource: dead.arn,
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      },
    ]),
  });
}
