import { StagedDump } from '@datasens/core/dump/staged-dump.ts';
import { verifyStaged } from '@datasens/core/dump/verify-staged.ts';
import { Payload, readPayload } from '@datasens/core/workflow/payload.ts';
import { task } from './task/task.ts';

/** Reads a staged dump's bytes back. */
export const handler = task({ staged: Payload }, async (deps, { staged }) => {
  await verifyStaged(deps, await readPayload(deps, staged, StagedDump));
  return { staged };
});
