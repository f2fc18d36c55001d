import { DumpRequest } from '@datasens/core/dump/dump-plan.ts';
import { planDump } from '@datasens/core/dump/plan-dump.ts';
import { chooseRoute } from '@datasens/core/workflow/choose-route.ts';
import { putPayload } from '@datasens/core/workflow/payload.ts';
import { task } from './task/task.ts';

/** Decides on a dump, and where its steps run. */
export const handler = task(DumpRequest.shape, async (deps, request) => {
  const plan = await planDump(deps, request);
  const { dumpId, source, sensitive, sourceBytes } = plan;
  return { dumpId, source, sensitive, plan: await putPayload(deps, plan), route: chooseRoute('dump', sourceBytes) };
});
