import { DumpPlan } from '@datasens/core/dump/dump-plan.ts';
import { stageDump } from '@datasens/core/dump/stage-dump.ts';
import { Payload, putPayload, readPayload } from '@datasens/core/workflow/payload.ts';
import { task } from './task/task.ts';
import { withholdRows } from './task/withhold-rows.ts';

/** Writes a planned dump's bytes. */
export const handler = task({ plan: Payload }, async (deps, input) => {
  const plan = await readPayload(deps, input.plan, DumpPlan);
  const staged = await withholdRows(plan.sensitive, () => stageDump(deps, plan));
  return { staged: await putPayload(deps, staged) };
});
