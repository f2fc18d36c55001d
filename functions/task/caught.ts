import { z } from 'zod';

/** The error output that a Catch hands on: Developer Guide, "Fallback states". */
export const Caught = z.object({ Error: z.string().min(1), Cause: z.string().default('') });
export type Caught = z.infer<typeof Caught>;

/** What a function reports of an error is JSON in the cause (Lambda Developer Guide, "Node.js errors"). */
const Report = z.object({ errorMessage: z.string() });

/** The error that was caught, as it was when it was thrown. */
export function errorOf({ Error: name, Cause: cause }: Caught): Error {
  return Object.assign(new Error(messageOf(cause)), { name });
}

function messageOf(cause: string): string {
  try {
    return Report.parse(JSON.parse(cause)).errorMessage;
  } catch {
    return cause;
  }
}
