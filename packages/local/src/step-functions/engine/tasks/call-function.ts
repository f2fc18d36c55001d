import type { z } from 'zod';
import type { InvokeArguments } from '../../definition/resources.ts';
import type { Json } from '../../json.ts';
import { StateError } from '../../state-error.ts';
import { within } from '../deadline.ts';
import type { Scope } from '../scope.ts';
import { beginAttempt, type TaskAttempt, timedOut } from './task-attempt.ts';

/** Calls a function and waits for what it returns. One that a restart has cut off is called again. */
export async function callFunction(scope: Scope, attempt: TaskAttempt): Promise<Json> {
  if (!scope.position.progress.attempt) await beginAttempt(scope, attempt, {});
  return await within(scope, attempt.timeoutMs, timedOut, (signal) => invokeFunction(scope, attempt, signal));
}

/** What the integration gives: Developer Guide, "Invoke an AWS Lambda function with Step Functions". */
export async function invokeFunction(
  { run }: Scope,
  { arguments: given }: TaskAttempt,
  signal: AbortSignal,
): Promise<Json> {
  const { FunctionName, Payload } = given as z.infer<typeof InvokeArguments>;
  let returned: unknown;
  try {
    returned = await run.deps.invoke(
      { resource: 'lambda:invoke', functionName: functionName(FunctionName), payload: Payload },
      signal,
    );
  } catch (error) {
    throw functionError(error);
  }
  return { ExecutedVersion: '$LATEST', Payload: toJson(returned), StatusCode: 200 };
}

/** Of `arn:aws:lambda:…:function:NAME:VERSION` the name; a name may also have its version behind it. */
function functionName(name: string): string {
  return /^arn:[^:]+:lambda:[^:]*:[^:]*:function:([^:]+)/.exec(name)?.[1] ?? name.split(':')[0] ?? name;
}

/** What the function returns is JSON; nothing at all is null, as the runtime of Lambda has it. */
function toJson(value: unknown): Json {
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch (error) {
    throw functionError(error);
  }
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
