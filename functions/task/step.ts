import { type Config, parseConfig } from '@datasens/core/config.ts';
import type { Log } from '@datasens/core/deps.ts';
import { withSecrets } from '@datasens/core/secrets/with-secrets.ts';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import * as z from 'zod';
import { deadlineOf } from './deadline.ts';
import { log, logged } from './logged.ts';
import { parsed } from './parsed.ts';

/** What a call of a function knows before it has opened anything. */
export interface Call {
  readonly config: Config;
  /** Aborts when the time that Lambda gives is nearly over. */
  readonly signal: AbortSignal;
  readonly log: Log;
  /** The execution that calls, by name; `NAME#1` once it was redriven. */
  readonly execution?: string;
}

const Execution = z.string().regex(/^[^\s"\\]{1,90}$/);

/**
 * A Lambda handler: input checked by a schema, time bounded by Lambda's own, failures told by name, a line of log for
 * what fails. It is called at least once, so `run` is to be idempotent.
 *
 * Throws `InvalidInput` for an input that the schema refuses, `ConfigError` for an environment that does not do,
 * `DeadlineExceeded` when the time was not enough, and what `run` throws.
 */
export function step<Shape extends z.ZodRawShape, Result>(
  shape: Shape,
  run: (call: Call, input: z.output<z.ZodObject<Shape>>) => Promise<Result>,
) {
  return middy()
    .use(logged())
    .use(parsed(z.strictObject({ ...shape, execution: Execution.optional() })))
    .handler(async (event: unknown, context: Context): Promise<Result> => {
      const { execution, ...input } = event as z.output<z.ZodObject<Shape>> & { readonly execution?: string };
      using deadline = deadlineOf(context);
      const { signal } = deadline;
      try {
        const call = {
          config: parseConfig(await withSecrets(process.env, signal)),
          signal,
          log,
          ...(execution === undefined ? {} : { execution }),
        };
        return await run(call, input as z.output<z.ZodObject<Shape>>);
      } catch (error) {
        throw deadline.causeOf(error);
      }
    });
}
