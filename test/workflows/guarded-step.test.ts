import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { listOpenSteps, listRecentSteps } from '@datasens/core/audit/guarded-step.ts';
import { expectInvariants } from '@datasens/testkit/invariants.ts';
import { temporaryFolder } from '@datasens/testkit/temporary-folder.ts';
import type { WorkflowWorld } from '@datasens/testkit/workflow-world.ts';
import { afterAll, expect } from 'vitest';
import { testWorkflow } from './story.ts';

const folder = await temporaryFolder();
afterAll(() => folder[Symbol.asyncDispose]());
const STEPS = join(folder.path, 'steps.json');
const enrich = { function: 'etl', tables: ['public.t'], exclusive: true };
await writeFile(STEPS, JSON.stringify({ steps: { enrich } }));
const OLD = 10;

/** The rows of the table, and whether anybody has it to themselves still. */
async function standing({ dumps }: WorkflowWorld) {
  const rows = await dumps.source.sql<{ n: number }>('select count(*)::int as n from t');
  return { rows: rows[0]?.n, open: await listOpenSteps(dumps.audit.db) };
}

testWorkflow({
  workflow: 'guarded-step',
  options: {
    environment: { DATASENS_STEPS: STEPS },
    others: { etl: async ({ dumpId }) => ({ before: dumpId ?? null }) },
  },
  async prepare({ dumps }) {
    await dumps.source.sql(`create table t as select n from generate_series(1, ${OLD}) n; create table other ()`);
  },
  begin: async () => ({ user: 'paul', step: 'enrich', input: { month: '2026-11' } }),
  async succeeded(world, { output }) {
    const { dumpId } = output;
    expect(output).toEqual({ dumpId: expect.any(Number), result: { before: dumpId } });
    expect(await standing(world)).toEqual({ rows: OLD, open: [] });
    expect(await expectInvariants(world.dumps)).toContain(dumpId);
    expect(await listRecentSteps(world.dumps.audit.db, new Date())).toContainEqual(
      expect.objectContaining({ step: 'enrich', ended: expect.objectContaining({ outcome: 'done' }) }),
    );
  },
  async failed(world) {
    expect(await standing(world)).toMatchObject({ rows: OLD });
    await expectInvariants(world.dumps);
  },
  calls: { CallFunction: 'etl' },
  towards: {
    CheckStep: [{ functionName: 'etl', error: 'ToolFailed' }],
    RollBack: [{ functionName: 'etl', error: 'ToolFailed' }],
    EndRolledBack: [{ functionName: 'etl', error: 'ToolFailed' }],
    EndUncalled: [{ functionName: 'begin-step', error: 'ToolFailed', when: 'after' }],
  },
  doomed: { CheckStep: 'ToolFailed', RollBack: 'ToolFailed', EndRolledBack: 'ToolFailed', EndUncalled: 'ToolFailed' },
  // guarded-step-ways.test.ts
  elsewhere: ['RunMachine', 'AskApproval'],
});
