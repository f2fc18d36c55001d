import { beginStep } from '@datasens/core/guard/begin-step.ts';
import { readSteps } from '@datasens/core/guard/read-steps.ts';
import * as z from 'zod';
import { Actor } from './task/retention.ts';
import { StartedAt } from './task/started-at.ts';
import { task } from './task/task.ts';

/**
 * Gives a step of the configuration its tables, and tells what is to be called: callers name a step, never a function or a
 * state machine.
 */
export const handler = task(
  {
    user: Actor,
    step: z.string(),
    /** For the step; it passes here for its shape alone. */
    input: z.record(z.string(), z.json()).default({}),
    startedAt: StartedAt,
  },
  async (deps, { user, step, startedAt }) =>
    await beginStep(deps, await readSteps(deps.config.steps), { user, step, startedAt }),
);
