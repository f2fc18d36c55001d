import { Actor, retention } from './task/retention.ts';
import { task } from './task/task.ts';

/** What an expiry would do: how many dumps it keeps, archives and deletes, and what a person is to know. */
export const handler = task({ user: Actor }, (deps, { user }) => retention(deps, { dryRun: true, user }));
