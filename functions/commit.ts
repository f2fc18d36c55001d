import { commitDump } from '@datasens/core/dump/commit-dump.ts';
import { StagedDump } from '@datasens/core/dump/staged-dump.ts';
import { Payload, readPayload } from '@datasens/core/workflow/payload.ts';
import { task } from './task/task.ts';

/** Makes a verified dump count. */
export const handler = task({ staged: Payload }, async (deps, { staged }) => {
  const { prefix, manifest, warnings } = await commitDump(deps, await readPayload(deps, staged, StagedDump));
  const { dumpId, tables, rows, objects } = manifest;
  const { key, sizeBytes, sha256 } = objects.data;
  return { dumpId, uri: deps.store.uriOf(`${prefix}${key}`), sizeBytes, sha256, tables, rows, warnings };
});
