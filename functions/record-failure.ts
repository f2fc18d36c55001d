import { recordExecutionFailure } from '@datasens/core/audit/record-execution-failure.ts';
import * as z from 'zod';
import { Caught, errorOf } from './task/caught.ts';
import { task } from './task/task.ts';

/** Journals that an execution came to nothing, unless one of its steps has: ECHEC. */
export const handler = task(
  {
    workflow: z.string(),
    user: z.string().min(1).max(100),
    dumpId: z.int().positive().nullable().default(null),
    /** What it was about: names and keys. */
    subject: z.record(z.string(), z.union([z.string(), z.number(), z.null()])).default({}),
    caught: Caught,
  },
  async ({ execution = 'unknown', ...deps }, { workflow, user, dumpId, subject, caught }) =>
    await recordExecutionFailure(
      { ...deps, execution },
      { dumpId: dumpId ?? undefined, user, error: errorOf(caught), detail: { ...subject, doing: workflow } },
    ),
);
