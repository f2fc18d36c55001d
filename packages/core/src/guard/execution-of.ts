import type { Deps } from '../deps.ts';
import { AppError } from '../errors.ts';

/** The attempt of the workflow that a guarded step is a part of. Throws `InvalidInput` where there is none. */
export function executionOf({ execution }: Pick<Deps, 'execution'>): string {
  if (execution !== undefined) return execution;
  throw new AppError('InvalidInput', 'execution: expected the name of the one that the step is a part of');
}
