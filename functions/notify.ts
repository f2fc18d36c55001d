import { z } from 'zod';
import { task } from './task/task.ts';

/** Placeholder of the branch that sends. */
export const handler = task(
  { kind: z.string(), workflow: z.string(), dumpId: z.number().nullable(), subject: z.unknown(), caught: z.unknown() },
  async () => ({}),
);
