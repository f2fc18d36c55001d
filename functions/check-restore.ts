import { describeTarget } from '@datasens/core/postgres/target.ts';
import { RestoreRequest } from '@datasens/core/restore/restore-plan.ts';
import { checkRestore } from '@datasens/core/restore/run-restore.ts';
import { findDebt } from '@datasens/core/restore/step-debt.ts';
import { wantApproval } from '@datasens/core/restore/want-approval.ts';
import { sourceTarget } from '@datasens/core/source-target.ts';
import { chooseRoute } from '@datasens/core/workflow/choose-route.ts';
import { putPayload } from '@datasens/core/workflow/payload.ts';
import { task } from './task/task.ts';

/** An execution asks for the approval that it needs. */
const { approvalId: _, ...Request } = RestoreRequest.shape;

/** Decides on a restore, and what is to come before it; touches nothing. */
export const handler = task(Request, async (deps, request) => {
  const plan = await checkRestore(deps, request);
  // Of a step, whose workflow has asked.
  const debt = await findDebt(deps, plan, sourceTarget(deps, plan.into));
  const { into, mode, manifest } = plan;
  const { dumpId, objects, database, encryption, personal } = manifest;
  return {
    dumpId,
    sha256: objects.data.sha256,
    into,
    target: describeTarget(sourceTarget(deps, into)),
    mode,
    // Null where it writes to nothing that is protected.
    approval: debt ? null : await wantApproval(deps, plan),
    // What it holds cannot be had again otherwise; what a step that failed has left nobody wants who asked for no approval.
    needsSafetyDump: mode === 'in-place' && !debt?.owed.automatic,
    // What replaces one database is most likely what it held: its safety dump is no less than that.
    sensitive: encryption !== undefined,
    personal,
    plan: await putPayload(deps, plan),
    route: chooseRoute('restore', database.sizeBytes ?? objects.data.sizeBytes),
  };
});
