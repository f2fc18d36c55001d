import type * as z from 'zod';
import { type Deadline, deadlineIn, remaining } from '../../clock.ts';
import type { RunTaskArguments } from '../../definition/resources.ts';
import type { Attempt } from '../../journal/positions.ts';
import { type Answer, insertToken, readToken } from '../../journal/tokens.ts';
import type { Json } from '../../json.ts';
import { StateError } from '../../state-error.ts';
import { innerPath, type Scope } from '../scope.ts';
import { invokeFunction } from './call-function.ts';
import { beginAttempt, submitAttempt, type TaskAttempt, timedOut } from './task-attempt.ts';

/**
 * Hands the token to whoever is asked, and waits until it comes back (Developer Guide, "Wait for a Callback with Task
 * Token"). The token is on disk before anybody is asked, so that an answer is understood whenever it comes. Whoever was
 * asked, and has returned or answered, is not asked again after a restart; cut off before that, it is asked again with the same token.
 */
export async function waitForToken(scope: Scope, attempt: TaskAttempt): Promise<Json> {
  const { token = '', timeoutMs, heartbeatMs } = attempt;
  const { clock, journal } = scope.run.deps;
  let under = scope.position.progress.attempt;
  if (!under) {
    under = {
      token,
      ...(timeoutMs === undefined ? {} : { timeoutAt: deadlineIn(clock, timeoutMs) }),
      ...(heartbeatMs === undefined ? {} : { heartbeatMs }),
    };
    await beginAttempt(scope, attempt, under, () =>
      insertToken(journal, token, scope.run.id, innerPath(scope), clock.now()),
    );
  }
  const controller = new AbortController();
  // Nor is one asked again whose answer came before the host was killed.
  const asked = under.submitted || readToken(journal, token)?.answer !== undefined;
  const asking = asked ? undefined : ask(scope, attempt, under, controller.signal);
  // An answer may well come before the one who was asked has returned.
  asking?.catch(() => undefined);
  try {
    const answer = await Promise.race([
      answerOf(scope, under, token),
      // Nothing comes of it but an error.
      ...(asking ? [asking.then(() => Promise.withResolvers<never>().promise)] : []),
    ]);
    if ('output' in answer) return answer.output;
    throw new StateError(answer.error, answer.cause);
  } finally {
    controller.abort();
  }
}

async function ask(scope: Scope, attempt: TaskAttempt, under: Attempt, over: AbortSignal): Promise<void> {
  const { signal } = scope;
  const submitted =
    attempt.resource.resourceType === 'lambda'
      ? await invokeFunction(scope, attempt, signal)
      : await startProcess(scope, attempt, signal);
  if (!over.aborted) await submitAttempt(scope, attempt, { ...under, submitted: true }, submitted);
}

/** Developer Guide, "Run Amazon ECS or Fargate tasks with Step Functions". */
async function startProcess({ run }: Scope, { arguments: given }: TaskAttempt, signal: AbortSignal): Promise<Json> {
  const { TaskDefinition, Overrides } = given as z.infer<typeof RunTaskArguments>;
  const container = Overrides?.ContainerOverrides[0];
  const environment = Object.fromEntries(container?.Environment.map(({ Name, Value }) => [Name, Value]) ?? []);
  const command = container?.Command ?? [];
  try {
    await run.deps.invoke({ resource: 'ecs:runTask', taskDefinition: TaskDefinition, command, environment }, signal);
  } catch (error) {
    if (error instanceof StateError) throw error;
    throw new StateError('ECS.ServerException', error instanceof Error ? error.message : String(error));
  }
  return { Failures: [], Tasks: [{ TaskDefinitionArn: TaskDefinition, LastStatus: 'PROVISIONING' }] };
}

/** What was sent for the token, once it is there; throws when the time for it is over. */
async function answerOf(scope: Scope, under: Attempt, token: string): Promise<Answer> {
  const { deps } = scope.run;
  for (;;) {
    scope.signal.throwIfAborted();
    const found = readToken(deps.journal, token);
    if (found?.answer) return found.answer;
    const { timeoutAt, heartbeatMs } = under;
    const heartbeatAt: Deadline | undefined =
      heartbeatMs === undefined ? undefined : { at: (found?.heardAt ?? 0) + heartbeatMs, ms: heartbeatMs };
    const left = [timeoutAt, heartbeatAt].map((due) => (due ? remaining(deps.clock, due) : Infinity));
    const [untilTimeout = Infinity, untilHeartbeat = Infinity] = left;
    if (await changes(scope, token, Math.min(untilTimeout, untilHeartbeat))) continue;
    // It may have come in the same moment.
    if (readToken(deps.journal, token)?.answer) continue;
    throw untilTimeout <= untilHeartbeat ? timedOut() : silent();
  }
}

/** Whether the token was answered, or its holder heard of, within so many milliseconds. */
async function changes({ run, signal }: Scope, token: string, ms: number): Promise<boolean> {
  const controller = new AbortController();
  const either = AbortSignal.any([signal, controller.signal]);
  const heard = run.bells.heard(token, either).then(() => true);
  const due = ms === Infinity ? [] : [run.deps.clock.wait(ms, either).then(() => false)];
  for (const waiting of [heard, ...due]) waiting.catch(() => undefined);
  try {
    return await Promise.race([heard, ...due]);
  } finally {
    controller.abort();
  }
}

/** Developer Guide, "Error names": it is a `States.Timeout` as well. */
function silent(): StateError {
  return new StateError('States.HeartbeatTimeout', '', { aliases: ['States.Timeout'] });
}
