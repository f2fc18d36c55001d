import { AppError } from '@datasens/core/errors.ts';
import type { MiddlewareObj } from '@middy/core';
import * as z from 'zod';

/** Replaces the event by what the schema makes of it. Throws `InvalidInput` with every problem. */
export function parsed(schema: z.ZodType): MiddlewareObj {
  return {
    before(request) {
      const { success, data, error } = schema.safeParse(request.event);
      if (!success) throw new AppError('InvalidInput', z.prettifyError(error));
      request.event = data;
    },
  };
}
