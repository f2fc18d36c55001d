import * as z from 'zod';

/** The error output that a Catch hands on: Developer Guide, "Fallback states". */
const Output = z.object({ Error: z.string().min(1), Cause: z.string().default('') });

/** The same, and what has become of it: a sentence, and the error by which that failed in turn. */
export const Caught = Output.extend({ Note: z.string().optional(), Then: Output.optional() });
export type Caught = z.infer<typeof Caught>;

/** What a function reports of an error is JSON in the cause (Lambda Developer Guide, "Node.js errors"). */
const Report = z.object({ errorMessage: z.string() });

/** What is told of an execution that another one waited for: as DescribeExecution does (Developer Guide, "Start a new …"). */
const Execution = Output.extend({ ExecutionArn: z.string(), Name: z.string() });

/** The error that was caught, as it was when it was thrown, be it in an execution that was waited for. */
export function errorOf({ Error: name, Cause: cause, Note: note, Then: then }: Caught): Error {
  const told = jsonIn(cause);
  const execution = Execution.safeParse(told);
  if (execution.success) {
    const error = errorOf(execution.data);
    const message = `execution ${execution.data.Name}: ${error.message}`;
    return Object.assign(new Error(noted(message, note, then)), { name: error.name });
  }
  const message = Report.safeParse(told).data?.errorMessage ?? cause;
  return Object.assign(new Error(noted(message, note, then)), { name });
}

/** What has become of what failed, in words of ours: of the error by which that failed in turn the name alone. */
export function noteOf({ Note: note, Then: then }: Caught): string | undefined {
  return note === undefined || then === undefined ? note : `${note} (${errorOf(then).name})`;
}

function noted(message: string, note: string | undefined, then: Caught | undefined): string {
  const error = then && errorOf(then);
  const end = error ? ` (${error.name}: ${error.message})` : '';
  return note === undefined ? message : `${message}. ${note}${end}`;
}

/**
 * Those that leave open what becomes of the function or the execution that was called: nobody waits for it any more, or
 * nobody knows whether it was called (Developer Guide, "Error names"; Lambda, "Handling Lambda errors").
 */
const OPEN = [
  'States.Timeout',
  'States.QueryEvaluationError',
  'Lambda.ServiceException',
  'Lambda.AWSLambdaException',
  'Lambda.SdkClientException',
  'Lambda.ClientExecutionTimeoutException',
  'StepFunctions.SdkClientException',
  'StepFunctions.AWSStepFunctionsException',
  'StepFunctions.ExecutionAlreadyExistsException',
];

/** Whether what was called is known to do nothing any more: an execution that was stopped leaves functions at work. */
export function isOver({ Error: name, Cause: cause }: Caught): boolean {
  const told = Ended.safeParse(jsonIn(cause));
  return !OPEN.includes(name) && (!told.success || told.data.Status === 'FAILED');
}

const Ended = z.object({ ExecutionArn: z.string(), Status: z.string() });

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
