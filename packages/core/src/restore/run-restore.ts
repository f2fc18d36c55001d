import { findDump } from '../audit/find-dump.ts';
import { recordFailure } from '../audit/record-failure.ts';
import { whileStored } from '../audit/while-stored.ts';
import { isAppError } from '../errors.ts';
import { carryOut, type RestoreResult } from './carry-out.ts';
import { planRestore } from './plan-restore.ts';
import type { RestoreDeps } from './restore-deps.ts';
import type { RestorePlan, RestoreRequest } from './restore-plan.ts';

/** A restore from request to proof: check, then restore, which are states of workflows/restore. */
export async function runRestore(deps: RestoreDeps, request: RestoreRequest): Promise<RestoreResult> {
  return await checking(deps, request, (plan) => carryOut(deps, plan));
}

/** Plans a restore for `restoreDump`. */
export async function checkRestore(deps: RestoreDeps, request: RestoreRequest): Promise<RestorePlan> {
  return await checking(deps, request, async (plan) => plan);
}

/** Plans, and does `work` while the dump's bytes stay. As `verify` does, ECHEC tells that they are damaged: whoever finds it. */
async function checking<T>(
  deps: RestoreDeps,
  request: RestoreRequest,
  work: (plan: RestorePlan) => Promise<T>,
): Promise<T> {
  const { dumpId } = await findDump(deps.db, request.dump, deps.store.uri);
  return await whileStored(deps, dumpId, async () => {
    const plan = await planRestore(deps, request).catch(async (error: unknown) => {
      if (isAppError(error, 'CorruptDump')) {
        await recordFailure(deps, { dumpId, user: request.user, error, detail: { doing: 'restore' } });
      }
      throw error;
    });
    return await work(plan);
  });
}
