import { lambdaError } from './lambda-error.ts';

/** How a process ended, by its code or by a signal, or why it was never started. */
export type ProcessEnding =
  | { readonly code: number | null; readonly signal: NodeJS.Signals | null }
  | { readonly unstartable: string };

const SIGNALS: Partial<Record<NodeJS.Signals, string>> = {
  SIGKILL: 'killed',
  SIGSEGV: 'segmentation fault',
  SIGTERM: 'terminated',
};

/**
 * What Lambda says of a call whose process ended under it: `Runtime.ExitError`, or `Runtime.OutOfMemory`, which is the
 * error type that it reports (Lambda Developer Guide, "Telemetry API Event schema reference", platform.report) where
 * memory was the reason.
 */
export function endedUnder(requestId: string, ending: ProcessEnding): Error {
  if ('unstartable' in ending) return unstartable(ending.unstartable);
  const { code, signal } = ending;
  const exited = `RequestId: ${requestId} Error: Runtime exited`;
  // By this one V8 ends a process whose heap is full, and the watchdog one that takes too much beside it.
  if (signal === 'SIGABRT') return lambdaError('Runtime.OutOfMemory', `${exited} with error: signal: killed`);
  if (signal) return lambdaError('Runtime.ExitError', `${exited} with error: signal: ${SIGNALS[signal] ?? signal}`);
  if (code) return lambdaError('Runtime.ExitError', `${exited} with error: exit status ${code}`);
  return lambdaError('Runtime.ExitError', `${exited} without providing a reason`);
}

/** What Lambda says of a function that takes longer than it may. */
export function timedOut(requestId: string, timeoutMs: number): Error {
  const seconds = (timeoutMs / 1_000).toFixed(2);
  return lambdaError('Sandbox.Timedout', `RequestId: ${requestId} Error: Task timed out after ${seconds} seconds`);
}

/** Of this machine's own troubles, by the name that state machines retry. */
export function unstartable(reason: string): Error {
  return lambdaError('Lambda.ServiceException', `no process could be started: ${reason}`);
}
