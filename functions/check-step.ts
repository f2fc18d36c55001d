import { checkStep } from '@datasens/core/guard/check-step.ts';
import * as z from 'zod';
import { Caught, isOver } from './task/caught.ts';
import { Actor } from './task/retention.ts';
import { task } from './task/task.ts';

/** Decides how the tables of a step that has failed are restored. */
export const handler = task(
  { lease: z.int().positive(), dumpId: z.int().positive(), user: Actor, caught: Caught },
  async (deps, { caught, ...failed }) =>
    await checkStep(deps, { ...failed, error: caught.Error, over: isOver(caught) }),
);
