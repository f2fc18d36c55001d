import { expectClock } from '@datasens/core/audit/expect-clock.ts';
import { findDump } from '@datasens/core/audit/find-dump.ts';
import { findPlace } from '@datasens/core/catalog/dump-place.ts';
import { AppError } from '@datasens/core/errors.ts';
import { expire } from '@datasens/core/expiry/expire.ts';
import { readPolicy } from '@datasens/core/expiry/read-policy.ts';
import { z } from 'zod';
import { task } from './task/task.ts';

/** Applies the retention rules to the lineage of a dump that has just been committed, and to no other. */
export const handler = task(
  { dumpId: z.int().positive(), user: z.string().min(1).max(100) },
  async (deps, { dumpId, user }) => {
    const { key } = await findDump(deps.db, String(dumpId));
    const lineage = findPlace(key, dumpId);
    if (!lineage) throw new AppError('InvalidInput', `${key} is in no lineage`);
    const policy = await readPolicy(deps.config.retention);
    await expectClock(deps.db, deps.now());
    return await expire(deps, { policy, dryRun: false, lineage, user });
  },
);
