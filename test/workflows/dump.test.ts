import { expectInvariants } from '@datasens/testkit/invariants.ts';
import { expect } from 'vitest';
import { testWorkflow } from './story.ts';

let dumped = 0;

testWorkflow({
  workflow: 'dump',
  async prepare(world) {
    dumped = 0;
    await world.dumps.source.sql('create table t as select n from generate_series(1, 100) n');
  },
  begin: async () => ({ user: 'claire', purpose: 'scheduled' }),
  async succeeded(world, { output }) {
    dumped += 1;
    expect(output).toMatchObject({ rows: 100, warnings: [] });
    expect(await expectInvariants(world.dumps)).toContain(output.dumpId);
    expect(await expectInvariants(world.dumps)).toHaveLength(dumped);
  },
  async failed(world) {
    expect(await expectInvariants(world.dumps)).toHaveLength(dumped);
  },
  towards: {
    NotifyRetention: [{ functionName: 'retain', error: 'NotAllowed' }],
  },
});
