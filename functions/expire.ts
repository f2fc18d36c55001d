import { Actor, retention } from './task/retention.ts';
import { task } from './task/task.ts';

/** Applies the retention rules. */
export const handler = task({ user: Actor }, (deps, { user }) => retention(deps, { dryRun: false, user }));
