import type { FunctionContext } from '@datasens/local/functions/function-context.ts';

let calls = 0;

/** Tells of the process that it runs in, and of what it is called with. */
export function handler(event: unknown, context: FunctionContext) {
  calls += 1;
  const { PATH: _, ...environment } = process.env;
  return {
    pid: process.pid,
    calls,
    event,
    context: { ...context, remainingMs: context.getRemainingTimeInMillis() },
    environment,
    arguments: process.argv.slice(2),
  };
}
