import { restoreDump } from '@datasens/core/restore/restore-dump.ts';
import { RestorePlan } from '@datasens/core/restore/restore-plan.ts';
import { Payload, readPayload } from '@datasens/core/workflow/payload.ts';
import * as z from 'zod';
import { task } from './task/task.ts';
import { withholdRows } from './task/withhold-rows.ts';

/** So much of them passes between states. */
const MOST_WARNINGS = 50;
const LONGEST_WARNING = 1_000;

const Input = { plan: Payload, approvalId: z.int().positive().nullable().default(null) };

/**
 * Carries a planned restore out, by the approval that it was given where it needs one; once however often an execution
 * calls it. Tells what it compared.
 */
export const handler = task(Input, async (deps, input) => {
  const planned = await readPayload(deps, input.plan, RestorePlan);
  const plan = { ...planned, approvalId: input.approvalId ?? planned.approvalId };
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
