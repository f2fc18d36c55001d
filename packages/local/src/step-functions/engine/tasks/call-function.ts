import type * as z from 'zod';
import { functionNameOf } from '../../definition/function-name.ts';
import type { InvokeArguments } from '../../definition/resources.ts';
import type { Json } from '../../json.ts';
import { StateError } from '../../state-error.ts';
import { within } from '../deadline.ts';
import type { Scope } from '../scope.ts';
import { beginAttempt, type TaskAttempt, timedOut } from './task-attempt.ts';

/** Calls a function and waits for what it returns. One that a restart has cut off is called again. */
export async function callFunction(scope: Scope, attempt: TaskAttempt): Promise<Json> {
  if (!scope.position.progress.attempt) await beginAttempt(scope, attempt, {});
  const { resource, timeoutMs } = attempt;
  return await within(scope, timeoutMs, timedOut, (signal) =>
    resource.resourceType === 'function'
      ? call(scope, resource.functionName, attempt.arguments, signal)
      : invokeFunction(scope, attempt, signal),
  );
}

/** What the integration gives: Developer Guide, "Invoke an AWS Lambda function with Step Functions". */
export async function invokeFunction(scope: Scope, attempt: TaskAttempt, signal: AbortSignal): Promise<Json> {
  const { FunctionName, Payload } = attempt.arguments as z.infer<typeof InvokeArguments>;
  const returned = await call(scope, functionNameOf(FunctionName), Payload, signal);
  return { ExecutedVersion: '$LATEST', Payload: returned, StatusCode: 200 };
}

async function call({ run }: Scope, functionName: string, payload: Json, signal: AbortSignal): Promise<Json> {
  try {
    return toJson(await run.deps.invoke({ resource: 'lambda:invoke', functionName, payload }, signal));
  } catch (error) {
    throw functionError(error);
  }
}

/** What the function returns is JSON; nothing at all is null, as the runtime of Lambda has it. */
function toJson(value: unknown): Json {
  const text = JSON.stringify(value) as string | undefined;
  return text === undefined ? null : (JSON.parse(text) as Json);
}

/** An error's name is the task's; its cause is what Lambda reports (Lambda Developer Guide, "Node.js errors"). */
function functionError(error: unknown): StateError {
  if (error instanceof StateError) return error;
  if (error instanceof Error) {
    // What Lambda itself reports, of a process that died or took too long, has no trace.
    const trace = error.stack === undefined ? {} : { trace: error.stack.split('\n') };
    const report = { errorType: error.name, errorMessage: error.message, ...trace };
    return new StateError(error.name, JSON.stringify(report));
  }
  return unknownError(String(error));
}

/** A function that threw what is no error, or that died. */
export function unknownError(message: string): StateError {
  const payload = JSON.stringify({ errorMessage: message });
  const cause = `The cause could not be determined because Lambda did not return an error type. Returned payload: ${payload}`;
  return new StateError('Lambda.Unknown', cause);
}
