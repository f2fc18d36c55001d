import { isJsonObject, type Json } from '../json.ts';
import { eachState } from './each-scope.ts';
import { isExpression, referencesOf, sourceOf, stringsIn } from './expression.ts';
import { type Problem, pointer } from './problem.ts';
import { findResource, type Resource, SUPPORTED_RESOURCES } from './resources.ts';
import type { StateMachine, TaskState } from './state-machine.ts';

/**
 * What a Task state asks for can be done, and can come to an end. AWS lets a state machine be created whose task waits
 * for a token that nobody is given (AWS Step Functions Developer Guide, "Wait for a Callback with Task Token").
 */
export function checkTasks(machine: StateMachine): Problem[] {
  const problems: Problem[] = [];
  for (const { state, place } of eachState(machine)) {
    if (state.Type === 'Task')
      problems.push(...checkTask(state).map((found) => ({ ...found, place: place + found.place })));
  }
  return problems;
}

function checkTask(state: TaskState): Problem[] {
  const { TimeoutSeconds: timeout, HeartbeatSeconds: heartbeat } = state;
  const problems: Problem[] = [];
  // Specification, "Task State": the heartbeat must be smaller.
  if (typeof timeout === 'number' && typeof heartbeat === 'number' && heartbeat >= timeout) {
    const text = 'expected less than TimeoutSeconds';
    problems.push({ code: 'SCHEMA_VALIDATION_FAILED', text, place: '/HeartbeatSeconds' });
  }
  const resource = findResource(state.Resource);
  if (!resource) {
    const text = `expected one of ${SUPPORTED_RESOURCES.join(', ')}; got ${state.Resource}`;
    return [...problems, { code: 'UNSUPPORTED', text, place: '/Resource' }];
  }
  if (resource.token && !passesToken(state.Arguments)) {
    const text = 'expected $states.context.Task.Token in what is passed on: nobody could end this task';
    problems.push({ code: 'SCHEMA_VALIDATION_FAILED', text, place: '/Arguments' });
  }
  if (heartbeat !== undefined && !resource.token) {
    const text = 'nothing sends heartbeats for a task without a token';
    problems.push({ code: 'UNSUPPORTED', text, place: '/HeartbeatSeconds' });
  }
  return [...problems, ...checkArguments(resource, state.Arguments)];
}

/** What is an expression has its value, and is looked at, when the state is entered. */
function checkArguments({ resourceType, arguments: schema }: Resource, value: Json | undefined): Problem[] {
  if (isExpression(value) || (resourceType === 'function' && value === undefined)) return [];
  if (!isJsonObject(value)) {
    return [{ code: 'SCHEMA_VALIDATION_FAILED', text: 'expected an object', place: '/Arguments' }];
  }
  const parsed = schema.safeParse(value);
  const problems: Problem[] = [];
  for (const { path, message } of parsed.error?.issues ?? []) {
    if (isExpression(at(value, path))) continue;
    problems.push({ code: 'UNSUPPORTED', text: message, place: pointer('Arguments', ...path) });
  }
  return problems;
}

function at(value: Json | undefined, path: readonly PropertyKey[]): Json | undefined {
  let found = value;
  for (const key of path) found = (found as Record<PropertyKey, Json> | undefined)?.[key];
  return found;
}

function passesToken(value: Json | undefined): boolean {
  for (const { text } of stringsIn(value)) {
    if (!isExpression(text)) continue;
    try {
      const { states } = referencesOf(sourceOf(text));
      // Whoever passes all of the context on passes the token on.
      if (states.some((path) => isPrefix(path, ['context', 'Task', 'Token']))) return true;
    } catch {
      // Another check says so.
    }
  }
  return false;
}

function isPrefix(path: readonly string[], whole: readonly string[]): boolean {
  return path.length <= whole.length && path.every((key, index) => key === whole[index]);
}
