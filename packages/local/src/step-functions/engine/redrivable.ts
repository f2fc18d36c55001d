import { DAY_MS } from '../clock.ts';
import type { Execution } from '../journal/executions.ts';
import type { StoredMachine } from '../journal/state-machines.ts';
import { MAX_EVENTS } from './record.ts';

/** Developer Guide, "Redriving executions": how long after its end, and after its first start. */
const PERIOD_MS = 14 * DAY_MS;
const LONGEST_OPEN_MS = 365 * DAY_MS;

/**
 * Why an execution cannot be redriven, in the words that DescribeExecution has for it (API reference,
 * `redriveStatusReason`); undefined where it can. A machine that is gone is one that was deleted.
 */
export function whyNotRedrivable(
  { status, events, startedAt, stoppedAt = 0 }: Pick<Execution, 'status' | 'events' | 'startedAt' | 'stoppedAt'>,
  machine: Pick<StoredMachine, 'status'> | undefined,
  now: number,
): string | undefined {
  if (status === 'RUNNING' || status === 'SUCCEEDED') return `Execution is ${status} and cannot be redriven`;
  if (machine?.status !== 'ACTIVE') return 'State machine is in DELETING status';
  // There must be room for the event that says so, and one more.
  if (events >= MAX_EVENTS - 1) return 'Execution history event limit exceeded';
  if (now - startedAt > LONGEST_OPEN_MS) return 'Execution has exceeded the max execution time';
  if (now - stoppedAt > PERIOD_MS) return 'Execution redrivable period exceeded';
  return undefined;
}
