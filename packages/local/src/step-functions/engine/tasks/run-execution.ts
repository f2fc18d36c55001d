import { randomUUID } from 'node:crypto';
import type * as z from 'zod';
import { ApiError } from '../../api-error.ts';
import { type Deadline, deadlineIn, remaining } from '../../clock.ts';
import type { StartExecutionArguments } from '../../definition/resources.ts';
import { type Execution, readExecution } from '../../journal/executions.ts';
import type { Json } from '../../json.ts';
import { StateError } from '../../state-error.ts';
import { within } from '../deadline.ts';
import type { Start } from '../run.ts';
import type { Scope } from '../scope.ts';
import { beginAttempt, submitAttempt, type TaskAttempt, timedOut } from './task-attempt.ts';

/**
 * Starts another execution and waits for its end (Developer Guide, "Start a new AWS Step Functions state machine from a
 * running execution"). It is written down together with the attempt: a restart finds it, and starts no second one.
 * Where nobody waits for it any more it is stopped.
 */
export async function runExecution(scope: Scope, attempt: TaskAttempt): Promise<Json> {
  const { run } = scope;
  const { clock, journal } = run.deps;
  const { timeoutMs } = attempt;
  let under = scope.position.progress.attempt;
  if (!under) {
    const { StateMachineArn, Input, Name } = attempt.arguments as z.infer<typeof StartExecutionArguments>;
    const start = { machineArn: StateMachineArn, name: Name ?? randomUUID(), input: JSON.stringify(Input) };
    const timeoutAt = timeoutMs === undefined ? undefined : deadlineIn(clock, timeoutMs);
    const child = run.executions.arnOf(start);
    under = { child, ...(timeoutAt ? { timeoutAt } : {}) };
    await beginAttempt(scope, attempt, under, () => prepare(scope, start));
  }
  const arn = under.child ?? '';
  run.executions.launch(arn);
  if (!under.submitted) {
    under = { ...under, submitted: true };
    const { startedAt } = readExecution(journal, arn);
    await submitAttempt(scope, attempt, under, { ExecutionArn: arn, StartDate: startedAt });
  }
  const left = leftOf(scope, under.timeoutAt);
  try {
    return await within(scope, left, timedOut, (signal) => endOf(scope, arn, signal));
  } catch (error) {
    if (!run.executions.closing()) run.executions.stop(arn);
    throw error;
  }
}

function leftOf({ run }: Scope, due: Deadline | undefined): number | undefined {
  return due && remaining(run.deps.clock, due);
}

function prepare({ run }: Scope, start: Start): void {
  try {
    run.executions.prepare(start);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    throw new StateError(`StepFunctions.${error.name}Exception`, error.message);
  }
}

async function endOf({ run }: Scope, arn: string, signal: AbortSignal): Promise<Json> {
  for (;;) {
    const child = readExecution(run.deps.journal, arn);
    if (child.status === 'SUCCEEDED') return description(child);
    // Its end is told by the same name whatever it was, and the description is the cause.
    if (child.status !== 'RUNNING') throw new StateError('States.TaskFailed', JSON.stringify(description(child)));
    await run.bells.heard(arn, signal);
  }
}

/** Of `.sync:2`, whose input and output are JSON rather than text. */
function description(execution: Execution): Json {
  const { arn, input, machineArn, name, output, startedAt, status, stoppedAt, error, cause } = execution;
  return {
    ExecutionArn: arn,
    Input: JSON.parse(input) as Json,
    InputDetails: { Included: true },
    Name: name,
    ...(output === undefined ? {} : { Output: JSON.parse(output) as Json, OutputDetails: { Included: true } }),
    ...(error === undefined ? {} : { Error: error }),
    ...(cause === undefined ? {} : { Cause: cause }),
    StartDate: startedAt,
    StateMachineArn: machineArn,
    Status: status,
    StopDate: stoppedAt ?? null,
  };
}
