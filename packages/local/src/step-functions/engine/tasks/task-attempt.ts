import type { Resource } from '../../definition/resources.ts';
import type { NewEvent } from '../../journal/events.ts';
import type { Attempt, Progress } from '../../journal/positions.ts';
import type { Json } from '../../json.ts';
import { StateError } from '../../state-error.ts';
import { record } from '../record.ts';
import type { Scope } from '../scope.ts';

/** An attempt of a task, understood. */
export interface TaskAttempt {
  readonly resource: Resource;
  readonly arguments: Readonly<Record<string, Json>>;
  readonly token?: string;
  readonly timeoutMs?: number;
  readonly heartbeatMs?: number;
}

/** Writes down that the task begins, and how it is to be found again, before anything is done for it. */
export async function beginAttempt(
  scope: Scope,
  { resource: { resourceType, resource }, ...task }: TaskAttempt,
  attempt: Attempt,
  also?: () => void,
): Promise<void> {
  const { retryAt: _, ...progress } = scope.position.progress;
  const identity = { resourceType, resource };
  const scheduled: NewEvent = {
    type: 'TaskScheduled',
    details: {
      ...identity,
      region: scope.run.arn.split(':')[3] ?? '',
      parameters: JSON.stringify(task.arguments),
      ...(task.timeoutMs === undefined ? {} : { timeoutInSeconds: task.timeoutMs / 1_000 }),
      ...(task.heartbeatMs === undefined ? {} : { heartbeatInSeconds: task.heartbeatMs / 1_000 }),
    },
  };
  await record(scope, {
    events: [scheduled, { type: 'TaskStarted', details: identity }],
    position: { progress: { ...progress, attempt } satisfies Progress },
    also,
  });
}

/** Writes down that the task was handed over: from here on it is waited for, and not asked for again. */
export async function submitAttempt(scope: Scope, { resource }: TaskAttempt, attempt: Attempt, output: Json) {
  const { resourceType, resource: name } = resource;
  const details = {
    resourceType,
    resource: name,
    output: JSON.stringify(output),
    outputDetails: { truncated: false },
  };
  await record(scope, {
    events: [{ type: 'TaskSubmitted', details }],
    position: { progress: { ...scope.position.progress, attempt } },
  });
}

/** Developer Guide, "Error names": longer than `TimeoutSeconds`. */
export function timedOut(): StateError {
  return new StateError('States.Timeout', '');
}
