import { type Config, parseConfig } from '@datasens/core/config.ts';
import type { SourceDeps } from '@datasens/core/deps.ts';
import { openDeps } from '@datasens/core/open-deps.ts';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { z } from 'zod';
import { type Deadline, deadlineOf } from './deadline.ts';
import { log, logged } from './logged.ts';
import { parsed } from './parsed.ts';

/** What a step of a workflow is given. */
export interface TaskDeps extends SourceDeps {
  readonly config: Config;
}

/** The execution that calls, by name; `NAME#1` once it was redriven. */
const Execution = z.string().regex(/^[^\s"\\]{1,90}$/);

/**
 * A Lambda handler: input checked by a schema, time bounded by Lambda's own, failures told by name, one line of log as
 * it begins and as it ends. The job is given what it needs, opened for this call alone: between two calls the process
 * may be frozen, and what it held would be lost. It is called at least once, so it is to be idempotent.
 *
 * Throws `InvalidInput` for an input that the schema refuses, `ConfigError` for an environment that does not do,
 * `DeadlineExceeded` when the time was not enough, and what the job throws.
 */
export function task<Shape extends z.ZodRawShape, Result>(
  shape: Shape,
  job: (deps: TaskDeps, input: z.output<z.ZodObject<Shape>>) => Promise<Result>,
) {
  return middy()
    .use(logged())
    .use(parsed(z.strictObject({ ...shape, execution: Execution.optional() })))
    .handler(async (event: unknown, context: Context): Promise<Result> => {
      const { execution, ...input } = event as z.output<z.ZodObject<Shape>> & { readonly execution?: string };
      using deadline = deadlineOf(context);
      return await within(deadline, execution, (deps) => job(deps, input as z.output<z.ZodObject<Shape>>));
    });
}

async function within<Result>(
  deadline: Deadline,
  execution: string | undefined,
  job: (deps: TaskDeps) => Promise<Result>,
): Promise<Result> {
  const { signal } = deadline;
  try {
    const config = parseConfig(process.env);
    await using opened = await openDeps(config, { signal, log, ...(execution === undefined ? {} : { execution }) });
    return await job({ ...opened.deps, config });
  } catch (error) {
    throw deadline.causeOf(error);
  }
}
