import { endStep } from '@datasens/core/guard/end-step.ts';
import * as z from 'zod';
import { Actor } from './task/retention.ts';
import { task } from './task/task.ts';

/** Ends the hold of a guarded step on its tables; of the one that the execution has called nothing for where none is named. */
export const handler = task(
  {
    lease: z.int().positive().nullable(),
    outcome: z.enum(['done', 'rolled back', 'not run']),
    user: Actor,
  },
  endStep,
);
