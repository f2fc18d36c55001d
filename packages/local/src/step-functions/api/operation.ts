import * as z from 'zod';
import { ApiError } from '../api-error.ts';
import type { Clock } from '../clock.ts';
import type { Engine } from '../engine/engine.ts';
import type { Journal } from '../journal/journal.ts';
import type { JsonObject } from '../json.ts';

/** What the operations of the API work with. */
export interface Service {
  readonly journal: Journal;
  readonly engine: Engine;
  readonly clock: Clock;
}

/** An action of the API: takes the body of a request, and gives that of the answer. Throws `ApiError`. */
export type Operation = (service: Service, body: unknown) => JsonObject;

/**
 * An action whose input is checked first. What it does not know is refused rather than passed over: whoever asks for
 * what is not supported learns of it.
 */
export function operation<Input extends z.ZodType>(
  input: Input,
  run: (service: Service, input: z.infer<Input>) => JsonObject,
): Operation {
  return (service, body) => {
    const parsed = input.safeParse(body);
    if (!parsed.success) throw new ApiError('ValidationException', z.prettifyError(parsed.error));
    return run(service, parsed.data);
  };
}

/** Dates are seconds since 1970. */
export function toSeconds(ms: number): number {
  return ms / 1_000;
}
