import { FIELD_NUMBERS } from '../../definition/schema.ts';
import type { TaskState } from '../../definition/state-machine.ts';
import { newToken } from '../../journal/tokens.ts';
import type { Json } from '../../json.ts';
import { StateError } from '../../state-error.ts';
import { type Exit, leaveBy } from '../outcome.ts';
import { expectPayload } from '../payload.ts';
import { expectNumber } from '../result-type.ts';
import { evaluate, type Scope } from '../scope.ts';
import { succeededEvent, taskResource } from '../task-events.ts';
import { callFunction } from '../tasks/call-function.ts';
import { runExecution } from '../tasks/run-execution.ts';
import type { TaskAttempt } from '../tasks/task-attempt.ts';
import { waitForToken } from '../tasks/wait-for-token.ts';

/** Specification, "Task State": what the resource comes to is the result. */
export async function runTask(scope: Scope, state: TaskState): Promise<Exit> {
  const attempt = await prepare(scope, state);
  const result = await resultOf(scope, attempt);
  expectPayload(result, state.Resource);
  scope.pending.push(succeededEvent(attempt.resource, result));
  return await leaveBy(scope, state, { next: state.Next, output: result, result });
}

function resultOf(scope: Scope, attempt: TaskAttempt): Promise<Json> {
  const { token, resourceType } = attempt.resource;
  if (token) return waitForToken(scope, attempt);
  return resourceType === 'states' ? runExecution(scope, attempt) : callFunction(scope, attempt);
}

/** The attempt that is under way, or a new one. A restart gives the same token to whoever is asked again. */
async function prepare(scope: Scope, state: TaskState): Promise<TaskAttempt> {
  const resource = taskResource(state.Resource);
  const token = scope.position.progress.attempt?.token ?? (resource.token ? newToken() : undefined);
  const { Arguments, TimeoutSeconds, HeartbeatSeconds } = state;
  const values = await evaluate(
    scope,
    { Arguments, TimeoutSeconds, HeartbeatSeconds },
    token === undefined ? {} : { token },
  );
  // Specification, "Task State": without arguments it is given the input.
  const given = Arguments === undefined ? scope.position.input : values.Arguments;
  const parsed = resource.arguments.safeParse(given);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path, message }) => `${path.join('/') || 'Arguments'}: ${message}`);
    throw new StateError('States.Runtime', `The arguments of ${state.Resource} cannot be used: ${problems.join('; ')}`);
  }
  expectPayload(given ?? null, state.Resource);
  const limit = (name: 'TimeoutSeconds' | 'HeartbeatSeconds') =>
    expectNumber(scope, name, state[name], values[name], FIELD_NUMBERS[name]);
  const [timeout, heartbeat] = [limit('TimeoutSeconds'), limit('HeartbeatSeconds')];
  return {
    resource,
    arguments: parsed.data as Json,
    ...(token === undefined ? {} : { token }),
    ...(timeout === undefined ? {} : { timeoutMs: timeout * 1_000 }),
    ...(heartbeat === undefined ? {} : { heartbeatMs: heartbeat * 1_000 }),
  };
}
