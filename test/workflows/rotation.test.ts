import { verifyJournal } from '@datasens/core/audit/verify-journal.ts';
import { storeDump } from '@datasens/testkit/stored-dump.ts';
import type { WorkflowWorld } from '@datasens/testkit/workflow-world.ts';
import { expect } from 'vitest';
import { testWorkflow } from './story.ts';

const DAY_MS = 86_400_000;
const MADE = 9;
const KEPT = 7;

/** How many dumps have each status, and how many are stored. */
async function standing({ dumps }: WorkflowWorld) {
  const [row] = await dumps.audit.server.sql<{ active: number; deleted: number }>(
    `select count(*) filter (where statut = 'ACTIF')::int as active,
            count(*) filter (where statut = 'SUPPRIME')::int as deleted from t38_dump_audit`,
  );
  const manifests = (await dumps.dumpKeys()).filter((key) => key.endsWith('/manifest.json'));
  return { ...row, stored: manifests.length };
}

testWorkflow({
  workflow: 'rotation',
  async prepare({ dumps }) {
    for (let dumpId = 1; dumpId <= MADE; dumpId += 1) {
      await storeDump(dumps.audit, dumpId, { createdAt: new Date(Date.now() - dumpId * DAY_MS) });
    }
  },
  begin: async () => ({ user: 'claire' }),
  async succeeded(world) {
    expect(await standing(world)).toEqual({ active: KEPT, deleted: MADE - KEPT, stored: KEPT });
    expect(await verifyJournal(world.dumps.deps)).toMatchObject({ ok: true, problems: [] });
  },
  async failed(world) {
    // Whatever is gone was marked, and the newest are there.
    const { active = 0, deleted = 0, stored } = await standing(world);
    expect(active + deleted).toBe(MADE);
    expect(stored).toBe(active);
    expect(active).toBeGreaterThanOrEqual(KEPT);
  },
});
