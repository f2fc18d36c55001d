import { inspectObject } from '@datasens/core/import/inspect-object.ts';
import { ObjectImport } from '@datasens/core/import/object-import.ts';
import { chooseRoute } from '@datasens/core/workflow/choose-route.ts';
import { StartedAt } from './task/started-at.ts';
import { task } from './task/task.ts';
import { withholdValues } from './task/withhold-values.ts';

/** Looks at a file of the inbox before its import, and decides where that runs. */
export const handler = task({ ...ObjectImport.shape, startedAt: StartedAt }, async (deps, { startedAt, ...asked }) => {
  const inspected = await withholdValues(() => inspectObject(deps, asked, startedAt));
  return { ...inspected, route: chooseRoute('import', inspected.sizeBytes) };
});
