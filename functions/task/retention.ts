import { expectClock } from '@datasens/core/audit/expect-clock.ts';
import { type ExpireRequest, type ExpireResult, expire } from '@datasens/core/expiry/expire.ts';
import { readPolicy } from '@datasens/core/expiry/read-policy.ts';
import * as z from 'zod';
import type { TaskDeps } from './task.ts';

/** Who acts. */
export const Actor = z.string().min(1).max(100);

/** So many warnings pass between states. */
const MOST_WARNINGS = 100;

/** Applies the rules in force. Throws `ConfigError` where they cannot be read or a clock is wrong, and what `expire` throws. */
export async function retention(
  deps: TaskDeps,
  request: Omit<ExpireRequest, 'policy' | 'onLine'>,
): Promise<ExpireResult> {
  const policy = await readPolicy(deps.config.retention);
  await expectClock(deps.db, deps.now());
  const result = await expire(deps, { policy, ...request });
  return { ...result, warnings: result.warnings.slice(0, MOST_WARNINGS) };
}
