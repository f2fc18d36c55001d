import type { DumpRow } from '@datasens/core/audit/dump-row.ts';
import { listNewestDumps } from '@datasens/core/audit/newest-dumps.ts';
import { openDump } from '@datasens/core/catalog/open-dump.ts';
import { isAppError } from '@datasens/core/errors.ts';
import { chooseRoute, type Route } from '@datasens/core/workflow/choose-route.ts';
import { type TaskDeps, task } from './task/task.ts';

/** Lists the dump of each lineage that a test of restores is about, and where each is to be tested. */
export const handler = task({}, async (deps) => {
  const dumps = [];
  for (const dump of await listNewestDumps(deps.db, deps.now())) {
    const { dumpId, lineage } = dump;
    dumps.push({ dumpId, lineage, route: await routeOf(deps, dump) });
  }
  return { dumps };
});

async function routeOf(deps: TaskDeps, dump: DumpRow): Promise<Route> {
  // A scratch server that the functions do not know may be in the image of the task (design, section 6).
  if (!deps.config.scratch) return 'task';
  try {
    const { database, objects } = (await openDump(deps, dump)).manifest;
    return chooseRoute('restore', database.sizeBytes ?? objects.data.sizeBytes);
  } catch (error) {
    // Its test says so, of this one alone.
    if (isAppError(error, 'CorruptDump') || isAppError(error, 'InvalidInput')) return 'lambda';
    throw error;
  }
}
