import * as z from 'zod';

/** When the execution was started: the same for each call that it makes, and after each redrive. */
export const StartedAt = z.iso.datetime().transform((text) => new Date(text));
