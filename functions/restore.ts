import { restoreDump } from '@datasens/core/restore/restore-dump.ts';
import { RestorePlan } from '@datasens/core/restore/restore-plan.ts';
import { Payload, readPayload } from '@datasens/core/workflow/payload.ts';
import { task } from './task/task.ts';
import { withholdRows } from './task/withhold-rows.ts';

/** So much of them passes between states. */
const MOST_WARNINGS = 50;
const LONGEST_WARNING = 1_000;

/** Carries a planned restore out, once however often an execution calls it, and tells what it compared. */
export const handler = task({ plan: Payload }, async (deps, input) => {
  const plan = await readPayload(deps, input.plan, RestorePlan);
  const { dumpId, mode, prove, manifest } = plan;
  const restored = await withholdRows(manifest.encryption !== undefined, () => restoreDump(deps, plan));
  const { target, durationMs, compared, warnings } = restored;
  return {
    dumpId,
    target,
    mode,
    proven: prove,
    ...compared,
    durationMs,
    warnings: warnings.slice(0, MOST_WARNINGS).map((warning) => warning.slice(0, LONGEST_WARNING)),
  };
});
