import { z } from 'zod';

/** The error output that a Catch hands on: Developer Guide, "Fallback states". */
export const Caught = z.object({ Error: z.string().min(1), Cause: z.string().default('') });
export type Caught = z.infer<typeof Caught>;

/** What a function reports of an error is JSON in the cause (Lambda Developer Guide, "Node.js errors"). */
const Report = z.object({ errorMessage: z.string() });

/** What is told of an execution that another one waited for: as DescribeExecution does (Developer Guide, "Start a new …"). */
const Execution = Caught.extend({ ExecutionArn: z.string(), Name: z.string() });

/** The error that was caught, as it was when it was thrown, be it in an execution that was waited for. */
export function errorOf({ Error: name, Cause: cause }: Caught): Error {
  const told = jsonIn(cause);
  const execution = Execution.safeParse(told);
  if (execution.success) {
    const error = errorOf(execution.data);
    return Object.assign(new Error(`execution ${execution.data.Name}: ${error.message}`), { name: error.name });
  }
  return Object.assign(new Error(Report.safeParse(told).data?.errorMessage ?? cause), { name });
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
