import { commitDump } from '@datasens/core/dump/commit-dump.ts';
import { planDump } from '@datasens/core/dump/plan-dump.ts';
import { runDump } from '@datasens/core/dump/run-dump.ts';
import { stageDump } from '@datasens/core/dump/stage-dump.ts';
import { verifyStaged } from '@datasens/core/dump/verify-staged.ts';
import { dumpWorld } from '@datasens/testkit/dump-world.ts';
import { expectInvariants } from '@datasens/testkit/invariants.ts';
import { expect, test } from 'vitest';

const user = 'claire';

test('two dumps at once are two dumps', async () => {
  await using world = await dumpWorld();
  await world.source.sql('create table t as select generate_series(1, 1000) as id');
  const results = await Promise.all([runDump(world.deps, { user }), runDump(world.deps, { user })]);
  expect((await expectInvariants(world)).toSorted()).toEqual(results.map(({ manifest }) => manifest.dumpId).toSorted());
});

test('a retry that runs while the first try still does: one is committed, and the other converges to it', async () => {
  await using world = await dumpWorld();
  await world.source.sql('create table t as select generate_series(1, 1000) as id');
  const plan = await planDump(world.deps, { user });
  const [first, second] = await Promise.all([stageDump(world.deps, plan), stageDump(world.deps, plan)]);
  const committed = await commitDump(world.deps, await verifyStaged(world.deps, first));
  await expect(commitDump(world.deps, await verifyStaged(world.deps, second))).rejects.toMatchObject({
    name: 'Conflict',
  });

  const again = await commitDump(world.deps, await verifyStaged(world.deps, await stageDump(world.deps, plan)));
  expect(again.manifest).toEqual(committed.manifest);
  expect(await expectInvariants(world)).toEqual([plan.dumpId]);
  // The loser's bytes are gone: what is left is the winner's data, proof and globals, and the manifest.
  expect(await world.dumpKeys()).toHaveLength(4);
  const events = await world.audit.server.sql(
    `select count(*)::int as n from t39_dump_evenement where evenement = 'CREE'`,
  );
  expect(events).toEqual([{ n: 1 }]);
});
