import * as z from 'zod';
import { Caught, errorOf } from './task/caught.ts';
import { step } from './task/step.ts';

/**
 * Ends an execution by the error that was caught in it. A redrive takes a failed execution up at the state that failed
 * (API reference, RedriveExecution), which is this one: then it returns, and the workflow begins anew.
 */
export const handler = step(
  { caught: Caught, failedAfter: z.int().nonnegative(), redrives: z.int().nonnegative() },
  async (_call, { caught, failedAfter, redrives }) => {
    if (redrives > failedAfter) return {};
    throw errorOf(caught);
  },
);
