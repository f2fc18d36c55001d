import { findResource, type Resource } from '../definition/resources.ts';
import type { NewEvent } from '../journal/events.ts';
import type { Json, JsonObject } from '../json.ts';
import type { StateError } from '../state-error.ts';
import { errorDetails } from './error-details.ts';
import type { Scope } from './scope.ts';
import type { TaskAttempt } from './tasks/task-attempt.ts';

/*
 * API reference, HistoryEvent. A function that is named by its ARN has events of its own, with fewer details. That it
 * could not be scheduled, or started, is none of them: what is in the journal is scheduled.
 */

/** The resource of a task that is in a definition that was found sound. */
export function taskResource(arn: string): Resource {
  const found = findResource(arn);
  if (!found) throw new Error(`expected a resource that is supported, got ${arn}`);
  return found;
}

export function startEvents({ run }: Scope, { resource, ...task }: TaskAttempt): NewEvent[] {
  const given = JSON.stringify(task.arguments);
  const timeout: JsonObject = task.timeoutMs === undefined ? {} : { timeoutInSeconds: task.timeoutMs / 1_000 };
  if (resource.resourceType === 'function') {
    const details = { resource: resource.resource, input: given, inputDetails: { truncated: false }, ...timeout };
    return [{ type: 'LambdaFunctionScheduled', details }, { type: 'LambdaFunctionStarted' }];
  }
  const details = {
    ...identity(resource),
    region: run.arn.split(':')[3] ?? '',
    parameters: given,
    ...timeout,
    ...(task.heartbeatMs === undefined ? {} : { heartbeatInSeconds: task.heartbeatMs / 1_000 }),
  };
  return [
    { type: 'TaskScheduled', details },
    { type: 'TaskStarted', details: identity(resource) },
  ];
}

export function submittedEvent(resource: Resource, output: Json): NewEvent {
  return { type: 'TaskSubmitted', details: { ...identity(resource), ...outputOf(output) } };
}

export function succeededEvent(resource: Resource, output: Json): NewEvent {
  return { type: `${family(resource)}Succeeded`, details: { ...identity(resource), ...outputOf(output) } };
}

export function failedEvent(resource: Resource, { name, message }: StateError): NewEvent {
  const late = name === 'States.Timeout' || name === 'States.HeartbeatTimeout';
  const type = `${family(resource)}${late ? 'TimedOut' : 'Failed'}`;
  return { type, details: { ...identity(resource), ...errorDetails(name, message) } };
}

function family({ resourceType }: Resource): string {
  return resourceType === 'function' ? 'LambdaFunction' : 'Task';
}

/** How the events of a task name it. */
function identity({ resourceType, resource }: Resource): JsonObject {
  return resourceType === 'function' ? {} : { resourceType, resource };
}

function outputOf(output: Json): JsonObject {
  return { output: JSON.stringify(output), outputDetails: { truncated: false } };
}
