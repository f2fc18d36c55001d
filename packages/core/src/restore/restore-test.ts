import { listNewestDumps } from '../audit/newest-dumps.ts';
import type { RestoreDeps } from './restore-deps.ts';
import { type RestoreTestRequest, type TestedDump, testDump } from './test-dump.ts';

/** What became of the newest dump of one lineage. */
export interface TestedLineage extends TestedDump {
  readonly dumpId: number;
  readonly lineage: string;
}

/** Tests the newest dump of each lineage, one after the other; one that fails keeps no other from being tested. */
export async function restoreTest(deps: RestoreDeps, request: RestoreTestRequest): Promise<TestedLineage[]> {
  const tested: TestedLineage[] = [];
  for (const { dumpId, lineage } of await listNewestDumps(deps.db, deps.now())) {
    deps.signal.throwIfAborted();
    tested.push({ dumpId, lineage, ...(await testDump(deps, dumpId, request)) });
  }
  return tested;
}
