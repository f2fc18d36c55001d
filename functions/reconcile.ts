import { expectClock } from '@datasens/core/audit/expect-clock.ts';
import { KINDS } from '@datasens/core/reconcile/finding.ts';
import { reconcile } from '@datasens/core/reconcile/reconcile.ts';
import * as z from 'zod';
import { Actor } from './task/retention.ts';
import { task } from './task/task.ts';

const DAY_MS = 86_400_000;
/** So much of each kind passes between states; `datasens reconcile --dry-run` tells all of it. */
const LISTED = 5;

/** Finds what killed processes left, and mends what is safe to mend. No workflow takes as long as seven days. */
export const handler = task(
  { olderThanDays: z.number().min(1).max(3_650).default(7), user: Actor },
  async (deps, { olderThanDays, user }) => {
    await expectClock(deps.db, deps.now());
    const { scratch } = deps.config;
    const { kinds, outcomes, warnings } = await reconcile(deps, {
      olderThanMs: olderThanDays * DAY_MS,
      dryRun: false,
      scratch,
      user,
    });
    const found = KINDS.map((kind) => [kind, { ...kinds[kind], first: kinds[kind].first.slice(0, LISTED) }] as const);
    return {
      kinds: Object.fromEntries(found.filter(([, { count }]) => count > 0)),
      outcomes,
      warnings: warnings.slice(0, LISTED),
    };
  },
);
