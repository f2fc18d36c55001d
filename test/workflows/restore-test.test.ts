import { runDump } from '@datasens/core/dump/run-dump.ts';
import { expectInvariants } from '@datasens/testkit/invariants.ts';
import type { WorkflowWorld } from '@datasens/testkit/workflow-world.ts';
import { expect, inject } from 'vitest';
import { testWorkflow } from './story.ts';

/** The dumps that have a proof in the journal, and so often. */
async function proven({ dumps }: WorkflowWorld): Promise<Record<string, number>> {
  const rows = await dumps.audit.server.sql<{ id: number; times: number }>(
    `select dump_id::int as id, count(*)::int as times from t39_dump_evenement where evenement = 'PROUVE' group by 1`,
  );
  return Object.fromEntries(rows.map(({ id, times }) => [id, times]));
}

testWorkflow({
  workflow: 'restore-test',
  options: { environment: { DATASENS_SCRATCH_URL: inject('serverUrl') } },
  async prepare({ dumps }) {
    await dumps.source.sql('create table t as select n from generate_series(1, 100) n; create table u ()');
    for (const tables of [['t'], ['t'], ['u']]) await runDump(dumps.deps, { user: 'claire', tables });
  },
  begin: async () => ({ user: 'paul' }),
  async succeeded(world, { output }) {
    const { dumps } = output as { readonly dumps?: unknown };
    expect(dumps).toMatchObject([
      { dumpId: 2, level: 'content', tables: 1, rows: 100 },
      { dumpId: 3, level: 'content', tables: 1, rows: 0 },
    ]);
    expect(Object.keys(await proven(world))).toEqual(['2', '3']);
    await expectInvariants(world.dumps);
  },
  async failed(world, { error, cause }) {
    await expectInvariants(world.dumps);
    if (error !== 'ProofFailed') return;
    // One of them failed: the other has its proof all the same.
    expect(cause).toContain('1 of 2 dumps could not be proven: 2 (NotAllowed)');
    expect(await proven(world)).toEqual({ 3: 1 });
  },
  towards: { RecordUnproven: [{ functionName: 'prove', error: 'NotAllowed' }] },
  doomed: { RecordUnproven: 'NotAllowed', Unproven: 'NotAllowed' },
  summedUp: { RecordUnproven: 'ProofFailed', Unproven: 'ProofFailed' },
});
