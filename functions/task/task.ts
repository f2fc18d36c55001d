import type { Config } from '@datasens/core/config.ts';
import type { SourceDeps } from '@datasens/core/deps.ts';
import { openDeps } from '@datasens/core/open-deps.ts';
import type * as z from 'zod';
import { step } from './step.ts';

/** What a job is given, and the configuration that it comes from. */
export interface TaskDeps extends SourceDeps {
  readonly config: Config;
}

/**
 * A step that works on storage and audit. Both are opened for the call alone: between two calls the process may be
 * frozen, and what it held would be lost. Throws what `step`, `openDeps` and the job throw.
 */
export function task<Shape extends z.ZodRawShape, Result>(
  shape: Shape,
  job: (deps: TaskDeps, input: z.output<z.ZodObject<Shape>>) => Promise<Result>,
) {
  return step(shape, async ({ config, ...call }, input) => {
    await using opened = await openDeps(config, call);
    return await job({ ...opened.deps, config }, input);
  });
}
