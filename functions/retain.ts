import { findDump } from '@datasens/core/audit/find-dump.ts';
import { findPlace } from '@datasens/core/catalog/dump-place.ts';
import { AppError } from '@datasens/core/errors.ts';
import * as z from 'zod';
import { Actor, retention } from './task/retention.ts';
import { task } from './task/task.ts';

/** Applies the retention rules to the lineage of a dump that has just been committed, and to no other. */
export const handler = task({ dumpId: z.int().positive(), user: Actor }, async (deps, { dumpId, user }) => {
  const { key } = await findDump(deps.db, String(dumpId));
  const lineage = findPlace(key, dumpId);
  if (!lineage) throw new AppError('InvalidInput', `${key} is in no lineage`);
  return await retention(deps, { dryRun: false, lineage, user });
});
