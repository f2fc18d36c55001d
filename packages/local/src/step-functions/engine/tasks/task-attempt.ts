import type { Resource } from '../../definition/resources.ts';
import type { Attempt, Progress } from '../../journal/positions.ts';
import type { Json } from '../../json.ts';
import { StateError } from '../../state-error.ts';
import { record } from '../record.ts';
import type { Scope } from '../scope.ts';
import { startEvents, submittedEvent } from '../task-events.ts';

/** An attempt of a task, understood. */
export interface TaskAttempt {
  readonly resource: Resource;
  readonly arguments: Json;
  readonly token?: string;
  readonly timeoutMs?: number;
  readonly heartbeatMs?: number;
}

/** Writes down that the task begins, and how it is to be found again, before anything is done for it. */
export async function beginAttempt(
  scope: Scope,
  task: TaskAttempt,
  attempt: Attempt,
  also?: () => void,
): Promise<void> {
  const { retryAt: _, ...progress } = scope.position.progress;
  await record(scope, {
    events: startEvents(scope, task),
    position: { progress: { ...progress, attempt } satisfies Progress },
    also,
  });
}

/** Writes down that the task was handed over: from here on it is waited for, and not asked for again. */
export async function submitAttempt(scope: Scope, { resource }: TaskAttempt, attempt: Attempt, output: Json) {
  await record(scope, {
    events: [submittedEvent(resource, output)],
    position: { progress: { ...scope.position.progress, attempt } },
  });
}

/** Developer Guide, "Error names": longer than `TimeoutSeconds`. */
export function timedOut(): StateError {
  return new StateError('States.Timeout', '');
}
