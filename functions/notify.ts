import { z } from 'zod';
import { task } from './task/task.ts';

/** Placeholder of the branch that sends. */
export const handler = task(
  {
    kind: z.string(),
    workflow: z.string().optional(),
    dumpId: z.number().nullable().optional(),
    subject: z.unknown(),
    caught: z.unknown(),
  },
  async () => ({ overdue: 0 }),
);
